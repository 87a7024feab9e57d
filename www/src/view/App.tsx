/** Which of the pages is shown. Views get the state and `send`, nothing else. */
import type { Send } from "../action";
import { onQuay } from "../select";
import type { State } from "../state";
import { text } from "../text";
import { Veil, veilOf } from "./Veil";
import { Door } from "./Door";
import { Quay } from "./Quay";
import { farShore, Room } from "./Room";
import { Stop } from "./Stop";

export function App({ state, send }: { state: State; send: Send }) {
  const { place, room } = state;
  // Who opens a link has not come to share something: the quay would look like the wrong page.
  if (place.at === "starting" && !state.here.byLink) return <Quay state={state} room={null} send={send} />;
  switch (place.at) {
    case "starting":
    case "door":
    case "knocking":
      return (
        <>
          <Door state={state} send={send} />
          {place.at !== "starting" && state.dragging !== null && !state.dragging.text && <Veil words={text.drag.files(state.dragging.files)} more={text.drag.onceIn} />}
        </>
      );
    case "room":
      if (room === null || onQuay(room)) return <Quay state={state} room={room} send={send} />;
      return (
        <>
          <Room state={state} room={room} send={send} />
          {state.dragging !== null && !room.ended && <Veil {...veilOf(state.dragging, farShore(room) || null)} />}
        </>
      );
    case "unsupported":
    case "insecure":
    case "webrtc-off":
    case "bad-link":
    case "seen":
    case "elsewhere":
    case "kept":
    case "over":
    case "crashed":
      return <Stop place={place} send={send} />;
  }
}
