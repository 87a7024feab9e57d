/** One chat message: plain text with web addresses as links; its author and whether it has arrived. */
import { clock, pieces, visible } from "../format";
import { nameOf } from "../names";
import { others } from "../select";
import type { Message as Said, Room } from "../state";
import { text } from "../text";

interface Props {
  room: Room;
  message: Said;
  order: number;
  /** Same author as the one before: the name is not repeated. */
  follows: boolean;
  /** Whether its delivery is worth a word: the last of one's own, or one that has not arrived everywhere. */
  last: boolean;
}

export function Message({ room, message, order, follows, last }: Props) {
  const mine = message.author === room.me;
  const delivery = mine ? deliveryOf(room, message, last) : null;
  return (
    <article class="message" style={{ order }} data-follows={follows} data-mine={mine}>
      <p class={follows ? "unseen" : "author"}>
        <b>
          <bdi>{mine ? text.you : nameOf(room.people, message.author)}</bdi>
        </b>{" "}
        <time class="quiet">{clock(message.sentAt)}</time>
      </p>
      <p class="said-text" dir="auto">
        {pieces(message.text).map((piece, index) =>
          piece.href === null ? (
            visible(piece.text)
          ) : (
            <a key={index} href={piece.href} target="_blank" rel="noopener noreferrer">
              {visible(piece.text)}
            </a>
          ),
        )}
      </p>
      {delivery !== null && <p class="delivery quiet">{delivery}</p>}
    </article>
  );
}

function deliveryOf(room: Room, message: Said, last: boolean): string | null {
  const to = others(room);
  const arrived = to.filter((person) => message.deliveredTo.has(person.member)).length;
  if (to.length > 0 && arrived === to.length) return last ? text.message.delivered : null;
  if (arrived === 0) return text.message.waiting;
  return text.message.deliveredTo(arrived, to.length);
}
