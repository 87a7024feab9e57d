/** The people in the room: initials in the top line, names with how each is connected in the room's menu. */
import { initials, isolated } from "../format";
import { nameOf, plainName } from "../names";
import { connected } from "../select";
import type { Person, Room } from "../state";
import { text } from "../text";

/** A member's name inside a sentence. */
export function inText(people: Room["people"], member: string): string {
  return isolated(nameOf(people, member));
}

export function Initials({ room }: { room: Room }) {
  const people = [...room.people.values()].filter((person) => !person.left);
  return (
    <ul class="initials" translate={false} aria-label={text.room.people}>
      {people.map((person) => (
        <li key={person.member} data-away={!person.me && !connected(person)}>
          <span aria-hidden="true">{initials(plainName(person))}</span>
          <span class="unseen">{person.me ? `${nameOf(room.people, person.member)} (${text.you})` : nameOf(room.people, person.member)}</span>
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
              <bdi translate={false}>{nameOf(room.people, person.member)}</bdi>
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
    by === undefined || by.member === room.me ? "" : text.room.letInBy(inText(room.people, by.member)),
    person.forked ? text.room.forked : "",
  ]
    .filter((part) => part !== "")
    .join(" · ");
}

function stateOf(person: Person): string {
  switch (person.connection?.type) {
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
