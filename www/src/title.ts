/** The title of the tab: what somebody who looks elsewhere would want to know, the most pressing first. Pure. */
import { percent, visible } from "./format";
import { knockerOf, nameOf } from "./names";
import { begun, movingOf } from "./select";
import type { Missed, Room, State } from "./state";
import { text } from "./text";

/** Tabs show less than this. */
const MOST_LETTERS = 60;

export function titleOf({ room, missed }: State): string {
  const [first] = room?.knocks ?? [];
  if (room === null) return text.name;
  if (first !== undefined) {
    const { length } = room.knocks;
    return `(${length}) ${text.knock.badge(length, knockerOf(room, first))} · ${text.name}`;
  }
  return missed === null ? text.name : titleOfMissed(room, missed);
}

function titleOfMissed(room: Room, missed: Missed): string {
  const said = missed.last === null ? undefined : room.messages.get(missed.last);
  if (said !== undefined) {
    const words = Array.from(visible(said.text).replace(/\s+/gu, " ")).slice(0, MOST_LETTERS).join("");
    return `(${missed.messages}) ${nameOf(room.people, said.author)}: ${words}`;
  }
  const moving = movingOf(room);
  if (moving !== null) return `${percent(moving.part, moving.whole)} % · ${nameOfMoving(room, moving.toMe)}`;
  return missed.complete === null ? text.name : `✓ ${visible(missed.complete)}`;
}

/** The file's name, or how many they are. */
function nameOfMoving(room: Room, toMe: boolean): string {
  const files = [...room.files.values()].filter((file) => (toMe ? file.state.type === "Receiving" : begun(room, file).length > 0));
  const [only, ...more] = files;
  return only !== undefined && more.length === 0 ? visible(only.name) : text.file.several(files.length);
}
