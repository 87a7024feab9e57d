/** The room: one line between the shores, one stream of files and messages, the composer at the foot. */
import type { Send } from "../action";
import { bytesOf } from "../format";
import { nameOf } from "../names";
import { awaiting, mixOf, movingOf, nextOf, others, spanOf, troubleOf } from "../select";
import { addressOf, type Room as RoomState, type State } from "../state";
import { text } from "../text";
import { Composer } from "./Composer";
import { Knocks } from "./Knocks";
import { CopyLink, LinkPanel } from "./Link";
import { ID as MENU, Menu, MenuButton, selectLink } from "./Menu";
import { Initials } from "./People";
import { Span } from "./Span";
import { Storage } from "./Storage";
import { Stream } from "./Stream";
import { ProblemLine, Trouble } from "./Trouble";

export function Room({ state, room, send }: { state: State; room: RoomState; send: Send }) {
  const waiting = awaiting(room);
  const right = farShore(room);
  const moving = movingOf(room);
  const address = addressOf(state.here, room.link);
  return (
    <>
      <header class="bar">
        <h1 class="wordmark">{text.name}</h1>
        {!waiting && !room.ended && <CopyLink address={address} select={selectLink} />}
        <Initials room={room} menu={MENU} />
        <MenuButton />
      </header>
      <main class="room" data-next={nextOf(state)} data-layout={waiting ? "waiting" : room.files.size > 0 ? "files" : "chat"}>
        <div class="way">
          <Span span={spanOf(state)} left={text.you} right={right} named mix={mixOf(room)} detail={moving === null ? "" : bytesOf(moving.part, moving.whole)} />
          <Knocks room={room} send={send} />
          <Trouble state={state} send={send} />
          <Storage state={state} />
        </div>
        {/* A link that nobody can knock by is nothing to send: the sentence above leads to another one. */}
        {waiting && troubleOf(state)?.kind !== "door-quiet" && <LinkPanel address={address} loopback={state.here.loopback} />}
        <Stream room={room} send={send} />
        <div class="foot">
          <ProblemLine problem={state.problem} send={send} />
          {!room.ended && <Composer room={room} composed={state.composed} overlong={state.overlong} send={send} />}
        </div>
      </main>
      <Menu room={room} address={address} send={send} />
    </>
  );
}

/** Who stands on the right shore. */
export function farShore(room: RoomState): string {
  const [first, ...more] = others(room);
  return first === undefined ? "" : text.room.and(nameOf(room.people, first.member), more.length);
}
