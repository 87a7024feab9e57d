/**
 * Who wants to come in, as cards at the far end of the line, one at a time. A card never takes focus, its buttons
 * arm after half a second, and nothing but a click or a key on them answers it.
 */
import { useState } from "preact/hooks";
import type { Send } from "../action";
import { isTaken, knockerInParts, knockerOf, suffix } from "../names";
import type { Knock, Room } from "../state";
import { text } from "../text";
import { Digits } from "./Door";
import { useArmed } from "./hooks";
import { NameField } from "./Name";

export function Knocks({ room, send }: { room: Room; send: Send }) {
  const [first, ...more] = room.knocks;
  // Kept while the cards come and go: who denied the first still has said who they are.
  const [myName, setMyName] = useState("");
  return (
    <div class="knocks">
      <p class="unseen" aria-live="polite">
        {first === undefined ? "" : text.knock.title(knockerOf(room, first))}
      </p>
      {first !== undefined && (
        <Card key={first.knock} knock={first} more={more.length} room={room} myName={myName} onName={setMyName} send={send} />
      )}
    </div>
  );
}

interface CardProps {
  knock: Knock;
  more: number;
  room: Room;
  myName: string;
  onName: (name: string) => void;
  send: Send;
}

function Card({ knock, more, room, myName, onName, send }: CardProps) {
  const armed = useArmed();
  const title = `knock-${knock.knock}`;
  const { name, key } = knockerInParts(room, knock);
  // A key that tells two of one name apart stands with the name, and not a second time.
  const about = [...(key === "" ? [text.knock.key(suffix(knock.member))] : []), ...(more > 0 ? [text.knock.more(more)] : [])];
  const letIn = () => {
    if (room.name === "" && myName.trim() !== "") send({ type: "Rename", room: room.id, name: myName.trim() });
    send({ type: "Admit", room: room.id, knock: knock.knock });
  };
  return (
    <section class="knock" role="dialog" aria-labelledby={title} data-more={more > 0}>
      <h2 id={title}>
        <bdi translate={false}>{name}</bdi> {key !== "" && <small>({text.knock.key(key)})</small>} {text.knock.wants}
      </h2>
      {about.length > 0 && <p class="quiet">{about.join(" · ")}</p>}
      {knock.vanished > 0 && <p class="quiet">{text.knock.vanished(knock.vanished)}</p>}
      <Digits digits={knock.sas} />
      <p class="quiet">{text.knock.compare}</p>
      {room.name === "" && <NameField value={myName} onInput={onName} hint={text.knock.yourNameWhy} />}
      <div class="actions">
        <button class="accent" type="button" disabled={!armed || isTaken(myName)} onClick={letIn}>
          {text.knock.letIn}
        </button>
        <button type="button" disabled={!armed} onClick={() => send({ type: "Deny", room: room.id, knock: knock.knock })}>
          {text.knock.deny}
        </button>
      </div>
    </section>
  );
}
