/**
 * One DOM for both layouts: files in a list, messages in a log, woven into one stream by the style sheet. All of it
 * stands there, to be found; what is out of view costs no layout, what did not change no drawing.
 */
import { useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState } from "preact/hooks";
import type { Send } from "../action";
import { Filling } from "../filling";
import { namesOf } from "../names";
import { heard, others, unfinished } from "../select";
import type { Room } from "../state";
import { text } from "../text";
import { type Block, type FileLine, type MessageLine, nothing, runsOf, weave, type Woven } from "../weave";
import { type Company, FileRow } from "./FileRow";
import { whenIdle } from "./hooks";
import { Message, type Readers } from "./Message";
import { Still } from "./Still";

export function Stream({ room, send }: { room: Room; send: Send }) {
  const woven = useRef(nothing);
  woven.current = weave(room, woven.current);
  const { files, messages } = woven.current;
  const company = useCompany(room);
  const readers = useReaders(room);
  const filling = useFilling(files, messages);
  const box = useRef<HTMLDivElement>(null);
  const chat = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const count = room.messages.size;
  // The first file gives the chat a column of its own, where it starts anew at its beginning.
  const columns = room.files.size > 0;
  useLayoutEffect(() => {
    // New messages are followed while one reads the end, and left alone while one reads back.
    if (atEnd.current) for (const { current } of [box, chat]) current?.scrollTo(0, current.scrollHeight);
  }, [count, columns, filling.there]);
  // Which of the two scrolls is the style sheet's decision: one stream, or two columns.
  const follow = (at: HTMLElement) => {
    if (at.scrollHeight > at.clientHeight) atEnd.current = at.scrollHeight - at.scrollTop - at.clientHeight < 48;
  };
  return (
    <div
      class="stream"
      ref={box}
      tabIndex={0}
      onScroll={({ currentTarget }) => {
        follow(currentTarget);
      }}
    >
      <div class="files" role="list" aria-label={text.room.files}>
        {files.map((block) => (
          <Files key={block.key} block={block} there={filling.files.has(block)} company={company} send={send} />
        ))}
      </div>
      <div
        class="chat"
        role="log"
        aria-label={text.room.chat}
        // What was said before is not news.
        aria-live={filling.settling ? "off" : undefined}
        ref={chat}
        tabIndex={0}
        onScroll={({ currentTarget }) => {
          follow(currentTarget);
        }}
      >
        {room.rows.length === 0 && !room.ended && <p class="quiet">{heard(room) ? text.room.empty : text.room.unheard}</p>}
        {messages.map((block) => (
          <Messages key={block.key} block={block} there={filling.messages.has(block)} readers={readers} />
        ))}
      </div>
    </div>
  );
}

class Files extends Still<{ block: Block<FileLine>; there: boolean; company: Company; send: Send }> {
  override render() {
    const { block, there, company, send } = this.props;
    return (
      <div class="block" role="none" style={standing(block.lines)} data-settled={block.settled} data-whole={wholeness(block)} data-there={there}>
        {there && block.lines.map((line) => <FileRow key={line.key} line={line} room={company} send={send} />)}
      </div>
    );
  }
}

class Messages extends Still<{ block: Block<MessageLine>; there: boolean; readers: Readers }> {
  override render() {
    const { block, there, readers } = this.props;
    return (
      <div class="block" style={standing(block.lines)} data-settled={block.settled} data-whole={block.settled ? "resting" : undefined} data-there={there}>
        {there && runsOf(block.lines).map((run) => (
          <div key={run[0]?.key} class="run" style={standing(run)}>
            {run.map((line) => (
              <Message key={line.key} line={line} readers={readers} />
            ))}
          </div>
        ))}
      </div>
    );
  }
}

/** Where the first of them stands in the stream, and how many they are, from which a height is guessed. */
function standing(lines: readonly { readonly place: number }[]) {
  return { order: lines[0]?.place ?? 0, "--rows": lines.length };
}

/** Whether files that stand together stay together: those that are pinned go to the top, and the first one stays in view. */
function wholeness({ lines, settled }: Block<FileLine>): "pinned" | "resting" | undefined {
  if (!settled || lines.some((line) => line.first)) return undefined;
  const pinned = lines.filter((line) => unfinished(line.file)).length;
  return pinned === 0 ? "resting" : pinned === lines.length ? "pinned" : undefined;
}

/** After the last old rows have come in one waits so long before what comes is read aloud. */
const SETTLED_AFTER_MS = 1_000;

/** Which blocks have their rows by now; the others get them while the browser has nothing else to do. */
function useFilling(files: Woven["files"], messages: Woven["messages"]) {
  const [, drawAgain] = useReducer((times: number) => times + 1, 0);
  const filling = useMemo(() => ({ files: new Filling(), messages: new Filling() }), []);
  const lists = useRef({ files, messages });
  lists.current = { files, messages };
  const left = [filling.files.begin(files), filling.messages.begin(messages)].includes(true);
  const there = filling.files.size + filling.messages.size;
  // Not at every drawing: while files are on their way that would put it off again and again.
  useEffect(() => {
    if (!left) return undefined;
    return whenIdle(() => {
      filling.messages.step(lists.current.messages);
      filling.files.step(lists.current.files);
      drawAgain(undefined);
    });
  }, [left, there]);
  const [settling, setSettling] = useState(true);
  useEffect(() => {
    const timer = left ? undefined : setTimeout(() => setSettling(false), SETTLED_AFTER_MS);
    if (left) setSettling(true);
    return () => clearTimeout(timer);
  }, [left]);
  return { ...filling, settling: left || settling, there };
}

/** What a file's row must know of the room; the same value until it changes. */
function useCompany({ id, me, ended, people }: Room): Company {
  return useMemo(() => ({ id, me, ended, people }), [id, me, ended, people]);
}

/** What a message must know of the people; the same value until one of them comes, goes or is called otherwise. */
function useReaders({ me, people }: Room): Readers {
  const kept = useRef<Readers | null>(null);
  return useMemo(() => {
    const made = { me, names: namesOf(people), others: others({ people }).map((person) => person.member) };
    if (kept.current === null || !sameReaders(kept.current, made)) kept.current = made;
    return kept.current;
  }, [me, people]);
}

function sameReaders(a: Readers, b: Readers): boolean {
  return (
    a.me === b.me &&
    a.names.size === b.names.size &&
    a.others.length === b.others.length &&
    a.others.every((member, index) => member === b.others[index]) &&
    [...a.names].every(([member, name]) => b.names.get(member) === name)
  );
}
