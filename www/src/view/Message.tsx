/** One chat message: plain text with web addresses as links; its author and whether it has arrived. */
import { pieces } from "../addresses";
import { clock, visible } from "../format";
import type { Message as Said } from "../state";
import { text } from "../text";
import type { MessageLine } from "../weave";

/** The people of a room as a message needs them. */
export interface Readers {
  readonly me: string;
  readonly names: ReadonlyMap<string, string>;
  /** Everybody who is to get it. */
  readonly others: readonly string[];
}

interface Props {
  line: MessageLine;
  readers: Readers;
}

export function Message({ line, readers }: Props) {
  const { message, follows, last } = line;
  const mine = message.author === readers.me;
  // Worth a word: the last of one's own, or one that has not arrived everywhere.
  const delivery = mine ? deliveryOf(readers, message, last) : null;
  return (
    <article class="message" data-follows={follows} data-mine={mine}>
      <p class={follows ? "unseen" : "author"}>
        <b>
          <bdi translate={mine ? undefined : false}>{mine ? text.you : (readers.names.get(message.author) ?? text.someone)}</bdi>
        </b>{" "}
        <time class="quiet">{clock(message.sentAt)}</time>
      </p>
      <p class="said-text" dir="auto">
        {pieces(message.text).map((piece, index) =>
          piece.href === null ? (
            visible(piece.text)
          ) : (
            <Address key={index} text={piece.text} href={piece.href} host={piece.host} />
          ),
        )}
      </p>
      {delivery !== null && <p class="delivery quiet">{delivery}</p>}
    </article>
  );
}

/** What reads like another place says where it leads. */
function Address({ text: written, href, host }: { text: string; href: string; host: string | null }) {
  return (
    <>
      <a href={href} target="_blank" rel="noopener noreferrer" translate={false}>
        {visible(written)}
      </a>
      {host !== null && <span class="quiet"> {text.message.leadsTo(host)}</span>}
    </>
  );
}

function deliveryOf({ others }: Readers, message: Said, last: boolean): string | null {
  const arrived = others.filter((member) => message.deliveredTo.has(member)).length;
  if (others.length > 0 && arrived === others.length) return last ? text.message.delivered : null;
  if (arrived === 0) return text.message.waiting;
  return text.message.deliveredTo(arrived, others.length);
}
