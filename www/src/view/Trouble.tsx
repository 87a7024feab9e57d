/** One sentence where the line broke, and one button at most. */
import type { Send } from "../action";
import { isolated, visible } from "../format";
import { others, type Trouble as Kind, troubleOf } from "../select";
import type { Person, Problem, State } from "../state";
import { text } from "../text";
import { ChooseFiles } from "./Choose";
import { inText } from "./People";

export function sentence(trouble: Kind, state: State): string {
  const words = text.trouble;
  const called = ({ member }: Person) => (state.room === null ? text.someone : inText(state.room.people, member));
  switch (trouble.kind) {
    case "server-unreachable":
      return state.room !== null && others(state.room).length > 0 ? words.serverUnreachable : words.serverUnreachableAlone;
    case "server-refuses":
      return words.serverRefuses;
    case "no-websocket":
      return words.noWebSocket;
    case "server-full":
      return words.serverFull;
    case "nobody-there":
      return words.nobodyThere;
    case "not-answering":
      return words.notAnswering;
    case "denied":
      return words.denied;
    case "crowded":
      return words.crowded;
    case "room-full":
      return words.roomFull;
    case "version":
      return words.version;
    case "no-answer":
      return words.noAnswer(called(trouble.who));
    case "needs-relay":
      return words.needsRelay(called(trouble.who));
    case "no-address":
      return words.noAddress(called(trouble.who));
    case "no-address-there":
      return words.noAddressThere(called(trouble.who));
    case "kept-apart":
      return words.keptApart(called(trouble.who));
    case "broke-rules":
      return words.brokeRules(called(trouble.who));
    case "gone":
      return words.gone(called(trouble.who));
    case "host-gone": {
      const who = called(trouble.who);
      const [first, ...more] = trouble.needed;
      if (first === undefined) return words.hostGone(who);
      return `${words.hostGone(who)} ${words.hostGoneNeeded(who, isolated(visible(first.name)), more.length)}`;
    }
    case "host-ended":
      return words.hostEnded(trouble.who === null ? null : called(trouble.who), trouble.toSave);
    case "door-quiet":
      return trouble.forAWhile ? words.doorQuietForAWhile : words.doorQuiet;
  }
}

export function Trouble({ state, send }: { state: State; send: Send }) {
  const trouble = troubleOf(state);
  if (trouble === null || state.room === null) return null;
  const room = state.room.id;
  return (
    <div class="trouble" role="alert">
      <p>{sentence(trouble, state)}</p>
      {trouble.kind === "door-quiet" && (
        <button class="accent" type="button" onClick={() => send({ type: "NewLink", room })}>
          {text.link.renew}
        </button>
      )}
      {trouble.kind === "version" && (
        <button type="button" onClick={() => send({ type: "Reload" })}>
          {text.trouble.reload}
        </button>
      )}
      {(trouble.kind === "needs-relay" || trouble.kind === "no-address" || trouble.kind === "kept-apart") && (
        <button type="button" onClick={() => send({ type: "Reload" })}>
          {text.trouble.reload}
        </button>
      )}
      {trouble.kind === "host-ended" && (
        <button type="button" onClick={() => send({ type: "StartOver" })}>
          {text.trouble.startRoom}
        </button>
      )}
    </div>
  );
}

/** What was not done, until it is dismissed. */
export function ProblemLine({ problem, send }: { problem: Problem | null; send: Send }) {
  if (problem === null) return null;
  return (
    <div class="problem" role="alert">
      <p>{problemSentence(problem)}</p>
      {problem.kind === "one-came" && <ChooseFiles label={text.quay.chooseFiles} kind="plain" send={send} />}
      <button type="button" class="plain" onClick={() => send({ type: "Problem", problem: null })}>
        {text.room.dismiss}
      </button>
    </div>
  );
}

/** Files that wait for the room, or for being let in. */
export function EarlyLine({ state, send }: { state: State; send: Send }) {
  const [first, ...more] = state.early;
  if (first === undefined) return null;
  const words = text.early;
  const name = isolated(visible(first.name));
  return (
    <div class="problem" role="status">
      <p>{state.place.at === "starting" ? words.untilOpen(name, more.length) : words.untilLetIn(name, more.length)}</p>
      <button type="button" class="plain" onClick={() => send({ type: "Early", files: [] })}>
        {words.drop}
      </button>
    </div>
  );
}

function problemSentence(problem: Problem): string {
  const words = text.problem;
  switch (problem.kind) {
    case "folder":
      return words.folder(isolated(visible(problem.name)));
    case "too-many":
      return words.tooMany(problem.most);
    case "unreadable":
      return words.unreadable(isolated(visible(problem.name)));
    case "one-came":
      return words.oneCame;
    case "not-found":
      return words.notFound(isolated(visible(problem.name)));
    case "no-files":
      return words.noFiles;
    case "may-be-asked":
      return words.mayBeAsked;
    case "other-file":
      return words.otherFile(problem.name === null ? null : isolated(visible(problem.name)));
    case "not-stored":
      return words.notStored;
    case "discarded":
      return words.discarded;
    case "refused":
      return words.refused(problem.code);
    case "not-shared": {
      const [first = "", ...more] = problem.names;
      return words.notShared(isolated(visible(first)), more.length, words.refused(problem.code));
    }
  }
}
