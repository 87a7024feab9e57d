/** The people in the room: initials in the top line, names with how each is connected in the room's menu. */
import { initials, isolated, suffix, visible } from "../format";
import { connected, twin } from "../select";
import type { Person, Room } from "../state";
import { text } from "../text";

export function nameOf(person: { name: string; host?: boolean } | null | undefined): string {
  const name = visible(person?.name ?? "").trim();
  if (name !== "") return name;
  return person?.host === true ? text.host : text.someone;
}

/** The name inside a sentence. */
export function inText(person: { name: string; host?: boolean } | null | undefined): string {
  return isolated(nameOf(person));
}

/** Name with a key suffix where another one has the same. */
export function fullName(room: Room, person: Person): string {
  return twin(room, person) ? `${nameOf(person)} (${text.knock.key(suffix(person.member))})` : nameOf(person);
}

export function Initials({ room }: { room: Room }) {
  const people = [...room.people.values()].filter((person) => !person.left);
  return (
    <ul class="initials" aria-label={text.room.people}>
      {people.map((person) => (
        <li key={person.member} data-away={!person.me && !connected(person)}>
          <span aria-hidden="true">{initials(person.name === "" && person.host ? text.host : person.name)}</span>
          <span class="unseen">{person.me ? `${fullName(room, person)} (${text.you})` : fullName(room, person)}</span>
        </li>
      ))}
    </ul>
  );
}

export function Roster({ room }: { room: Room }) {
  return (
    <ul class="roster">
      {[...room.people.values()]
        .filter((person) => !person.left)
        .map((person) => (
          <li key={person.member}>
            <b>
              <bdi>{fullName(room, person)}</bdi>
            </b>
            <span class="quiet">{about(room, person)}</span>
          </li>
        ))}
    </ul>
  );
}

function about(room: Room, person: Person): string {
  const by = person.admittedBy === null ? undefined : room.people.get(person.admittedBy);
  return [
    person.host ? text.room.hostMark : "",
    person.me ? text.you : stateOf(person),
    by === undefined || by.member === room.me ? "" : text.room.letInBy(inText(by)),
    person.forked ? text.room.forked : "",
  ]
    .filter((part) => part !== "")
    .join(" · ");
}

function stateOf(person: Person): string {
  switch (person.link?.type) {
    case "Direct":
      return text.status.direct;
    case "Relayed":
      return `${text.status.relayed}, ${text.status.relayedMeans}`;
    case "Lost":
      return text.status["not connected"];
    case "Connecting":
    case undefined:
      return text.status.connecting;
  }
}
