/** The room's menu: who is here, one's own name, the link, and the way out. A sheet at the foot on phones. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Send } from "../action";
import { isTaken } from "../names";
import { awaiting } from "../select";
import type { Room } from "../state";
import { text } from "../text";
import { LinkField, QrButton, SendButton } from "./Link";
import { NameField } from "./Name";
import { Roster } from "./People";

export const ID = "room-menu";

/** Opens the menu at the link, selected. */
export function selectLink(): void {
  const menu = document.getElementById(ID);
  menu?.showPopover();
  menu?.querySelector<HTMLInputElement>("input.link")?.focus();
}

export function MenuButton() {
  return (
    <button class="more" type="button" popovertarget={ID} aria-label={text.room.menu}>
      <span aria-hidden="true">⋯</span>
    </button>
  );
}

export function Menu({ room, address, send }: { room: Room; address: string; send: Send }) {
  return (
    <section id={ID} class="menu" popover="auto" role="dialog" aria-label={text.room.menu}>
      <Roster room={room} />
      {!room.ended && <MyName key={room.name} room={room} send={send} />}
      {!room.ended && !awaiting(room) && (
        <div class="menu-link">
          <LinkField address={address} small />
          <div class="actions">
            <QrButton address={address} />
            <SendButton address={address} />
          </div>
        </div>
      )}
      {!room.ended && room.host && (
        <Renew room={room} send={send} />
      )}
      <Notify room={room} />
      <div class="menu-out">
        <Out room={room} send={send} />
        <button class="plain" type="button" popovertarget={ID} popovertargetaction="hide">
          {text.room.close}
        </button>
      </div>
    </section>
  );
}

/** One link looks like another: that there is a new one is said. */
function Renew({ room, send }: { room: Room; send: Send }) {
  const [before] = useState(room.link);
  return (
    <div>
      <button type="button" onClick={() => send({ type: "NewLink", room: room.id })}>
        {text.link.renew}
      </button>
      <p class="quiet" aria-live="polite">
        {room.link === before ? text.link.renewWhat : text.link.renewed}
      </p>
    </div>
  );
}

function MyName({ room, send }: { room: Room; send: Send }) {
  const [name, setName] = useState(room.name);
  const changed = name.trim() !== "" && name.trim() !== room.name && !isTaken(name);
  return (
    <form
      class="my-name"
      onSubmit={(event) => {
        event.preventDefault();
        if (changed) send({ type: "Rename", room: room.id, name: name.trim() });
      }}
    >
      <NameField value={name} onInput={setName} />
      <button type="submit" disabled={!changed}>
        {text.room.rename}
      </button>
    </form>
  );
}

/** Ending a room for everybody takes a second look; leaving it alone does not. */
function Out({ room, send }: { room: Room; send: Send }) {
  const [sure, setSure] = useState(false);
  const ask = useRef<HTMLDivElement>(null);
  // It unfolds at the foot of what scrolls.
  useLayoutEffect(() => {
    if (sure) ask.current?.scrollIntoView({ block: "end" });
  }, [sure]);
  if (room.ended) {
    return (
      <button type="button" onClick={() => send({ type: "StartOver" })}>
        {text.trouble.startRoom}
      </button>
    );
  }
  if (!room.host) {
    return (
      <button type="button" onClick={() => send({ type: "Leave", room: room.id })}>
        {text.room.leave}
      </button>
    );
  }
  if (!sure) {
    return (
      <button type="button" onClick={() => setSure(true)}>
        {text.room.endFirst}
      </button>
    );
  }
  return (
    <div ref={ask} class="sure" role="group" aria-label={text.room.end}>
      <p>{text.room.endSure}</p>
      <div class="actions">
        <button type="button" class="grave" onClick={() => send({ type: "EndRoom", room: room.id })}>
          {text.room.end}
        </button>
        <button type="button" onClick={() => setSure(false)}>
          {text.room.endKeep}
        </button>
      </div>
    </div>
  );
}

/** Notifications only after a click, and only where a page may show them without a service worker. */
function Notify({ room }: { room: Room }) {
  const [asked, setAsked] = useState(false);
  const able = "Notification" in globalThis && matchMedia("(pointer: fine)").matches;
  if (!able || !room.host || room.ended || asked || Notification.permission !== "default") return null;
  return (
    <button type="button" class="plain" onClick={() => void Notification.requestPermission().then(() => setAsked(true))}>
      {text.room.notify}
    </button>
  );
}
