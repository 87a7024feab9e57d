/**
 * Who wants to come in, at the far end of the line: one as a card, more as rows of one card. It never takes focus, its
 * buttons arm after half a second, and nothing but a click or a key on them answers a knock.
 */
import type { ComponentChildren } from "preact";
import { useId, useLayoutEffect, useState } from "preact/hooks";
import type { Send } from "../action";
import { isTaken, knockerInParts, knockerOf, suffix } from "../names";
import type { Knock, Room } from "../state";
import { text } from "../text";
import { Digits } from "./Door";
import { useArmed } from "./hooks";
import { ID as MENU } from "./Menu";
import { NameField } from "./Name";

export function Knocks({ room, send }: { room: Room; send: Send }) {
  const [first, ...more] = room.knocks;
  const waits = first !== undefined;
  // On a phone the room's menu lies over everything, and nobody would see that somebody waits.
  useLayoutEffect(() => {
    if (waits && matchMedia("(max-width: 40rem)").matches) document.getElementById(MENU)?.hidePopover();
  }, [waits]);
  // Kept while the cards come and go: who denied the first still has said who they are.
  const [myName, setMyName] = useState("");
  const answers = {
    letIn: (knock: Knock) => {
      if (room.name === "" && myName.trim() !== "") send({ type: "Rename", room: room.id, name: myName.trim() });
      send({ type: "Admit", room: room.id, knock: knock.knock });
    },
    deny: (knock: Knock) => send({ type: "Deny", room: room.id, knock: knock.knock }),
    able: !isTaken(myName),
  };
  const nameField = room.name === "" && <NameField value={myName} onInput={setMyName} hint={text.knock.yourNameWhy} />;
  return (
    <div class="knocks">
      <p class="unseen" aria-live="polite">
        {first === undefined ? "" : text.knock.badge(room.knocks.length, knockerOf(room, first))}
      </p>
      {first !== undefined && more.length === 0 && (
        <Card key={first.knock} knock={first} room={room} answers={answers}>
          {nameField}
        </Card>
      )}
      {first !== undefined && more.length > 0 && (
        <Rows room={room} answers={answers}>
          {nameField}
        </Rows>
      )}
    </div>
  );
}

/** There is something that who comes in will see. */
function shared(room: Room): boolean {
  return room.files.size > 0 || room.messages.size > 0;
}

interface Answers {
  readonly letIn: (knock: Knock) => void;
  readonly deny: (knock: Knock) => void;
  /** Whether one may let somebody in by the name that one has written. */
  readonly able: boolean;
}

function Card({ knock, room, answers, children }: { knock: Knock; room: Room; answers: Answers; children: ComponentChildren }) {
  const title = useId();
  const { name, key } = knockerInParts(room, knock);
  return (
    <section class="knock" role="dialog" aria-labelledby={title}>
      <h2 id={title}>
        <bdi translate={false}>{name}</bdi> {key !== "" && <small>({text.knock.key(key)})</small>} {text.knock.wants}
      </h2>
      {/* A key that tells two of one name apart stands with the name, and not a second time. */}
      {key === "" && <p class="quiet">{text.knock.key(suffix(knock.member))}</p>}
      {knock.vanished > 0 && <p class="quiet">{text.knock.vanished(knock.vanished)}</p>}
      <Digits digits={knock.sas} />
      <p class="quiet">{text.knock.compare}</p>
      {shared(room) && <p class="quiet">{text.knock.sees}</p>}
      {children}
      <Answer knock={knock} answers={answers} kind="accent" />
    </section>
  );
}

function Rows({ room, answers, children }: { room: Room; answers: Answers; children: ComponentChildren }) {
  const { knocks } = room;
  const title = useId();
  const vanished = Math.max(...knocks.map((knock) => knock.vanished));
  return (
    <section class="knock many" role="dialog" aria-labelledby={title}>
      <h2 id={title}>{text.knock.many(knocks.length)}</h2>
      {vanished > 0 && <p class="quiet">{text.knock.vanished(vanished)}</p>}
      <p class="quiet">{text.knock.compareEach}</p>
      {shared(room) && <p class="quiet">{text.knock.sees}</p>}
      {children}
      {knocks.map((knock, place) => (
        <KnockRow key={knock.knock} knock={knock} place={place} room={room} answers={answers} />
      ))}
    </section>
  );
}

function KnockRow({ knock, place, room, answers }: { knock: Knock; place: number; room: Room; answers: Answers }) {
  const title = useId();
  const { name, key } = knockerInParts(room, knock);
  return (
    <div class="knock-row" role="group" aria-labelledby={title}>
      <h3 id={title}>
        <bdi translate={false}>{name}</bdi>
        <span class="unseen"> {text.knock.wants}</span> <small>({text.knock.key(key === "" ? suffix(knock.member) : key)})</small>
      </h3>
      <Digits digits={knock.sas} />
      <Answer knock={knock} answers={answers} place={place} kind="" />
    </div>
  );
}

/** When one above it is answered, a row moves to where another stood: its buttons arm anew. */
function Answer({ knock, answers, place = 0, kind }: { knock: Knock; answers: Answers; place?: number; kind: string }) {
  const armed = useArmed(place);
  return (
    <div class="actions">
      <button class={kind} type="button" disabled={!armed || !answers.able} onClick={() => answers.letIn(knock)}>
        {text.knock.letIn}
      </button>
      <button type="button" disabled={!armed} onClick={() => answers.deny(knock)}>
        {text.knock.deny}
      </button>
    </div>
  );
}
