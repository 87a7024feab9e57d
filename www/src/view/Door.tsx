/** The guest's side of the door: say who you are, read the six digits, wait, or read why it did not work. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { Send } from "../action";
import { isolated, pairs, visible } from "../format";
import { isTaken } from "../names";
import { rememberedName } from "../remember";
import { spanOf, troubleOf } from "../select";
import type { Room, State } from "../state";
import { text } from "../text";
import { NameField } from "./Name";
import { Span } from "./Span";
import { Storage } from "./Storage";
import { EarlyLine, ProblemLine, sentence } from "./Trouble";

export function Door({ state, send }: { state: State; send: Send }) {
  const { place, room } = state;
  return (
    <main class="shorepage door">
      {place.at === "starting" && state.here.wasInside && (
        <div class="middle">
          <h1>{text.door.opening}</h1>
        </div>
      )}
      {((place.at === "starting" && !state.here.wasInside) || place.at === "door") && <Ask state={state} send={send} />}
      {place.at === "knocking" && room !== null && <Knocking state={state} room={room} send={send} />}
      <EarlyLine state={state} send={send} />
      <ProblemLine problem={state.problem} send={send} />
      <Span span={spanOf(state)} left={text.you} right={text.them} ramp="right" />
    </main>
  );
}

/**
 * There before it is known where the link leads, and the same when it is: what is typed meanwhile stays, and nothing moves
 * away under who presses it.
 */
function Ask({ state, send }: { state: State; send: Send }) {
  const { place, asking } = state;
  const [name, setName] = useState(rememberedName);
  const field = useRef<HTMLFormElement>(null);
  useEffect(() => field.current?.querySelector("input")?.focus(), []);
  return (
    <form
      class="middle"
      ref={field}
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() === "" || isTaken(name)) field.current?.querySelector("input")?.focus();
        else if (place.at === "door") send({ type: "JoinRoom", link: place.link, name: name.trim() });
        else send({ type: "Asking", name: name.trim() });
      }}
    >
      <p class="wordmark">{text.name}</p>
      <h1 class="stays">
        <span>{place.at === "door" ? text.door.title : text.door.opening}</span>
        {place.at !== "door" && <span aria-hidden="true">{text.door.title}</span>}
      </h1>
      <p>{text.door.lead}</p>
      <div class="who">
        <NameField value={name} onInput={setName} />
        <p class="quiet">{text.door.nameSeenBy}</p>
      </div>
      <button class="accent" type="submit">
        {text.door.ask}
      </button>
      {asking !== null && <p role="status">{text.door.asking(isolated(visible(asking)))}</p>}
      <details class="learn">
        <summary>{text.door.learn}</summary>
        <p>{text.door.learned}</p>
      </details>
      {state.here.somebodyElse && <p>{text.door.somebodyElse}</p>}
      <Storage state={state} />
    </form>
  );
}

function Knocking({ state, room, send }: { state: State; room: Room; send: Send }) {
  const trouble = troubleOf(state);
  const presence = room.presence;
  const again = () => {
    send({ type: "Leave", room: room.id });
    send({ type: "JoinRoom", link: room.link, name: room.name });
  };
  return (
    <div class="middle">
      <h1 class={trouble === null ? "" : "said"}>{trouble !== null ? sentence(trouble, state) : titleOf(room)}</h1>
      {presence.type === "Asked" && (
        <>
          <p>{text.door.askedAs(isolated(visible(room.name)))}</p>
          <Digits digits={presence.sas} />
          <p>{text.door.compare}</p>
          <p>{text.door.differ}</p>
        </>
      )}
      {presence.type === "VersionMismatch" ? (
        <button class="accent" type="button" onClick={() => send({ type: "Reload" })}>
          {text.trouble.reload}
        </button>
      ) : presence.type === "Denied" ? (
        <button class="accent" type="button" onClick={again}>
          {text.door.again}
        </button>
      ) : (
        <button type="button" onClick={() => send({ type: "Leave", room: room.id })}>
          {text.door.cancel}
        </button>
      )}
      {(presence.type === "NobodyThere" || presence.type === "RoomFull") && (
        <button class="plain" type="button" onClick={() => send({ type: "StartOver" })}>
          {text.trouble.startRoom}
        </button>
      )}
    </div>
  );
}

function titleOf(room: Room): string {
  switch (room.presence.type) {
    case "Connecting":
      return text.door.reaching;
    case "Waiting":
      return text.door.calling;
    case "Greeting":
      return text.door.greeting;
    case "Asked":
      return text.door.asked;
    case "Admitted":
      return text.door.admitted;
    // These are troubles: their sentence stands here instead.
    case "ServerUnreachable":
    case "ServerFull":
    case "NobodyThere":
    case "NotAnswering":
    case "Denied":
    case "Crowded":
    case "RoomFull":
    case "VersionMismatch":
      return text.door.calling;
  }
}

/** Six digits in three pairs, read as one thing by a screen reader. */
export function Digits({ digits }: { digits: string }) {
  const three = pairs(digits);
  return (
    <p class="digits" role="img" translate={false} aria-label={text.door.digits(three.join(" "))}>
      {three.map((pair, index) => (
        <span key={index}>{pair}</span>
      ))}
    </p>
  );
}
