/** One file: its lower edge is its progress, one action stands beside it, the rest unfolds behind ⋯. */
import type { ComponentChildren } from "preact";
import { useId, useRef, useState } from "preact/hooks";
import type { Send } from "../action";
import { chosenAgain, diskName } from "../filenames";
import { bytes, bytesOf, duration, isolated, nameParts, percent, visible } from "../format";
import { begun, connected, holders, outOfReach, receivers, running, unfinished } from "../select";
import type { Room, Shelved } from "../state";
import { text } from "../text";
import { type Verdict, verdictOf } from "../verdict";
import type { FileLine } from "../weave";
import { Announced, Tick } from "./Copied";
import { useCopy } from "./hooks";
import { inText } from "./People";

/** What a row must know of the room. */
export type Company = Pick<Room, "id" | "me" | "ended" | "people">;

interface Props {
  line: FileLine;
  room: Company;
  send: Send;
}

interface About {
  room: Company;
  shelved: Shelved;
  /** Of the element with the file's name. */
  describedBy: string;
  send: Send;
}

export function FileRow({ line, room, send }: Props) {
  const { file: shelved, place, first, next } = line;
  const [open, setOpen] = useState(false);
  const id = useId();
  const [stem, tail] = nameParts(shelved.name);
  const hash = shelved.state.type === "Done" ? shelved.state.root : null;
  const extra = rest(room, shelved, send);
  const progress = progressOf(room, shelved);
  const verdict = ofOthers(room, shelved) ? verdictOf(shelved.name) : null;
  return (
    <div
      class="file"
      role="listitem"
      style={{ order: place }}
      data-state={shelved.state.type}
      data-pinned={unfinished(shelved)}
      data-first={first}
    >
      <div class="file-line">
        <div class="file-words">
          <p class="file-name" id={id} translate={false}>
            <span class="stem" dir="auto" title={visible(shelved.name)}>
              {stem}
            </span>
            <span class="tail" dir="ltr">
              {tail}
            </span>
          </p>
          <p class="file-state">{withAgain(shelved, stateOf(room, shelved))}</p>
          {verdict !== null && (
            <p class="file-verdict" id={`${id}-verdict`}>
              {said(verdict)}
            </p>
          )}
        </div>
        {(extra !== null || hash !== null) && (
          <button
            class="more"
            type="button"
            aria-expanded={open}
            aria-label={text.file.more(visible(shelved.name))}
            onClick={() => setOpen(!open)}
          >
            <span aria-hidden="true">⋯</span>
          </button>
        )}
        <MainAction room={room} shelved={shelved} next={next} describedBy={verdict === null ? id : `${id} ${id}-verdict`} send={send} />
      </div>
      {open && (
        <div class="file-more">
          {hash !== null && <Hash hash={hash} />}
          {extra}
        </div>
      )}
      {progress !== null && (
        <div
          class="edge"
          role="progressbar"
          aria-label={text.file.progress(visible(shelved.name))}
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={progress}
        >
          <i style={{ inlineSize: `${progress}%` }} />
        </div>
      )}
    </div>
  );
}

function said(verdict: Verdict): string {
  switch (verdict.kind) {
    case "double":
      return text.verdict.double(verdict.ending, verdict.like);
    case "look-alike":
      return text.verdict.lookAlike(verdict.like);
    default:
      return text.verdict[verdict.kind](verdict.ending);
  }
}

/** Somebody else's, which can still be opened: one knows what one's own is. */
function ofOthers(room: Company, { author, state, copy }: Shelved): boolean {
  return author !== room.me && (copy !== null || (state.type !== "Withdrawn" && state.type !== "Failed"));
}

function MainAction({ room, shelved, next, describedBy, send }: About & { next: boolean }) {
  const about = { room: room.id, file: shelved.file };
  // The next action takes the place of the last one: the second half of a double click must not hit it.
  const button = (label: string, act: () => void, kind = "") => (
    <button type="button" class={kind} aria-describedby={describedBy} onClick={({ detail }) => detail < 2 && act()}>
      {label}
    </button>
  );
  const { copy } = shelved;
  const again = copy === null ? null : button(shelved.handedOver ? text.file.saveAgain : text.file.save, () => send({ type: "HandOver", copy }));
  if (room.ended) return again;
  const save = () => outOfReach(room, shelved) ? null : button(text.file.save, () => send({ type: "Fetch", ...about }), next ? "accent" : "");
  const stop = () => button(text.file.stop, () => send({ type: "Withdraw", room: room.id, share: shelved.file.share }));
  const choose = () => <ChooseAgain room={room} shelved={shelved} next={next} describedBy={describedBy} send={send} />;
  switch (shelved.state.type) {
    case "Offered":
    case "Cancelled":
      return save();
    case "Receiving":
      return button(text.file.pause, () => send({ type: "Pause", ...about }));
    case "Paused":
      return button(text.file.resume, () => send({ type: "Resume", ...about }), next ? "accent" : "");
    case "WaitingForSource":
      return button(text.file.cancel, () => send({ type: "Cancel", ...about }));
    case "Done":
      return shelved.author === room.me ? stop() : (again ?? save());
    case "Failed":
      if (shelved.author === room.me) return choose();
      return shelved.state.reason.type === "Store" ? save() : null;
    case "Withdrawn":
      return again;
    case "Serving":
      return stop();
    case "SourceMissing":
      return choose();
  }
}

/** What stands behind ⋯ besides the hash. */
function rest(room: Company, shelved: Shelved, send: Send): ComponentChildren {
  if (room.ended) return null;
  const about = { room: room.id, file: shelved.file };
  const stop = (
    <button type="button" onClick={() => send({ type: "Withdraw", room: room.id, share: shelved.file.share })}>
      {text.file.stop}
    </button>
  );
  switch (shelved.state.type) {
    case "Receiving":
    case "Paused":
      return (
        <button type="button" onClick={() => send({ type: "Cancel", ...about })}>
          {text.file.cancel}
        </button>
      );
    case "SourceMissing":
      return stop;
    case "Failed":
      return shelved.author === room.me ? stop : null;
    case "Offered":
    case "Cancelled":
    case "WaitingForSource":
    case "Done":
    case "Withdrawn":
    case "Serving":
      return null;
  }
}

function ChooseAgain({ room, shelved, next, describedBy, send }: About & { next: boolean }) {
  const input = useRef<HTMLInputElement>(null);
  const chosen = (replacement: File | undefined) => {
    if (replacement === undefined) return;
    const same = replacement.size === shelved.size;
    if (same) send({ type: "Supply", room: room.id, file: shelved.file, replacement: chosenAgain(replacement, shelved.name) });
    else send({ type: "Problem", problem: { kind: "other-file", name: shelved.name } });
  };
  return (
    <>
      <button type="button" class={next ? "accent" : ""} aria-describedby={describedBy} onClick={() => input.current?.click()}>
        {text.file.choose}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        aria-label={text.file.choose}
        onChange={(event) => {
          chosen(event.currentTarget.files?.[0]);
          event.currentTarget.value = "";
        }}
      />
    </>
  );
}

function Hash({ hash }: { hash: string }) {
  const code = useRef<HTMLElement>(null);
  const [copied, copy] = useCopy(() => code.current && getSelection()?.selectAllChildren(code.current));
  return (
    <div class="hash">
      <p>
        <span class="quiet">{text.file.hash}</span>
        <code ref={code} translate={false}>{hash}</code>
      </p>
      <button type="button" onClick={() => copy(hash)}>
        {text.file.copyHash}
        <Tick shown={copied} />
      </button>
      <Announced shown={copied} />
    </div>
  );
}

function stateOf(room: Company, shelved: Shelved): string {
  const { state, size, verified, rate, remaining } = shelved;
  const mine = shelved.author === room.me;
  const who = inText(room.people, shelved.author);
  const part = bytesOf(verified, size);
  const needs = room.ended ? text.file.lost : text.file.needs(who);
  switch (state.type) {
    case "Offered":
      if (outOfReach(room, shelved)) return `${bytes(size)} · ${needs}`;
      return [bytes(size), text.file.from(who), onDisk(room, shelved), spread(room, shelved)].filter((words) => words !== "").join(" · ");
    case "Serving":
      return [bytes(size), servingTo(room, shelved)].join(" · ");
    case "SourceMissing":
      return text.file.missing;
    case "Receiving":
      return rate === 0 ? text.file.starting(part) : text.file.receiving(part, bytes(rate), remaining === null ? null : duration(remaining));
    case "WaitingForSource":
      return isHere(room, shelved.author) ? text.file.mustChoose(who) : text.file.waitingFor(who);
    case "Paused":
      return text.file.paused(part);
    case "Done":
      return [bytes(size), shelved.handedOver ? text.file.handedOver : text.file.done, onDisk(room, shelved)].filter((words) => words !== "").join(" · ");
    case "Cancelled":
      return `${bytes(size)} · ${text.file.cancelled}${outOfReach(room, shelved) ? ` · ${needs}` : ""}`;
    case "Failed":
      return text.failure(state.reason, mine, who, size);
    case "Withdrawn":
      return mine ? text.file.stopped : text.file.withdrawn(who);
  }
}

/** Whether it is connected: then what is waited for is that it finds the file again, not that it comes. */
function isHere(room: Company, author: string): boolean {
  const person = room.people.get(author);
  return person !== undefined && connected(person);
}

/** The name that the browser will give the file, where it does not keep the one on the shelf. */
function onDisk(room: Company, { author, name }: Shelved): string {
  const there = diskName(name);
  return author === room.me || there === name ? "" : text.file.onDisk(isolated(visible(there)));
}

function withAgain(shelved: Shelved, words: string): string {
  return shelved.again && (running(shelved) || shelved.state.type === "Offered") ? `${words} · ${text.file.again}` : words;
}

/** Who has how much of one's own file. */
function servingTo(room: Company, shelved: Shelved): string {
  const [only, ...more] = receivers(room, shelved);
  if (only !== undefined && more.length === 0 && holders(room, shelved).of === 1) {
    return text.file.going(inText(room.people, only.member), percent(shelved.have.get(only.member) ?? 0, shelved.size));
  }
  return spread(room, shelved) || text.file.nobodyHas;
}

function spread(room: Company, shelved: Shelved): string {
  const { have, of } = holders(room, shelved);
  if (have === 0 && (of < 2 || receivers(room, shelved).length === 0)) return "";
  return text.file.have(have, of);
}

/** Percent of verified bytes: here for a fetch, over all who began for one's own file. */
function progressOf(room: Company, shelved: Shelved): number | null {
  if (running(shelved)) return percent(shelved.verified, shelved.size);
  if (shelved.state.type === "Done") return 100;
  const to = begun(room, shelved);
  if (to.length === 0) return null;
  const sum = to.reduce((bytes, who) => bytes + (shelved.have.get(who.member) ?? 0), 0);
  return percent(sum, shelved.size * to.length);
}
