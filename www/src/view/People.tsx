/** The people in the room: initials in the top line, names with how each is connected in the room's menu. */
import { useId } from "preact/hooks";
import { initials, isolated } from "../format";
import { nameOf, plainName } from "../names";
import { connected } from "../select";
import type { Person, Room } from "../state";
import { text } from "../text";

/** A member's name inside a sentence. */
export function inText(people: Room["people"], member: string): string {
  return isolated(nameOf(people, member));
}

/** Most initials in the top line, with the number of the others in one's place: a phone has no room for a fifth. */
const MOST_INITIALS = 4;

export function Initials({ room, menu }: { room: Room; menu: string }) {
  const people = here(room);
  const shown = people.length > MOST_INITIALS ? people.slice(0, MOST_INITIALS - 1) : people;
  const more = people.length - shown.length;
  return (
    <ul class="initials" translate={false} aria-label={text.room.people}>
      {shown.map((person) => (
        <li key={person.member} data-away={!person.me && !connected(person)}>
          <span aria-hidden="true">{initials(plainName(person))}</span>
          <span class="unseen">{person.me ? `${nameOf(room.people, person.member)} (${text.you})` : nameOf(room.people, person.member)}</span>
        </li>
      ))}
      {more > 0 && (
        <li class="more-people">
          <button type="button" popovertarget={menu} aria-label={text.room.morePeople(more)}>
            +{more}
          </button>
        </li>
      )}
    </ul>
  );
}

/** Everybody, by name. Many scroll by themselves, so that what stands below stays in reach. */
export function Roster({ room }: { room: Room }) {
  const people = here(room);
  const title = useId();
  return (
    <div class="everybody">
      <h2 id={title}>{text.room.count(people.length)}</h2>
      <ul class="roster" aria-labelledby={title} tabIndex={0}>
        {people.map((person) => (
          <li key={person.member}>
            <b>
              <bdi translate={false}>{nameOf(room.people, person.member)}</bdi>
            </b>
            <span class="quiet">{about(room, person)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function here(room: Room): Person[] {
  return [...room.people.values()].filter((person) => !person.left);
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
