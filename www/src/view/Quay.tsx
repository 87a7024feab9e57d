/** The empty room: the whole page is the quay. */
import type { Send } from "../action";
import { nextOf, spanOf } from "../select";
import { addressOf, type Room, type State } from "../state";
import { text } from "../text";
import { ChooseFiles } from "./Choose";
import { Knocks } from "./Knocks";
import { LinkField } from "./Link";
import { Span } from "./Span";
import { Storage } from "./Storage";
import { EarlyLine, ProblemLine, Trouble } from "./Trouble";
import { veilOf } from "./Veil";

export function Quay({ state, room, send }: { state: State; room: Room | null; send: Send }) {
  return (
    <main class="shorepage quay" data-next={nextOf(state)} data-lowered={state.dragging !== null}>
      <div class="middle">
        <p class="wordmark">{text.name}</p>
        <h1>{state.dragging === null ? text.quay.title : veilOf(state.dragging, null).words}</h1>
        <p>{text.quay.lead}</p>
        <ChooseFiles label={text.quay.chooseFiles} kind="accent" send={send} />
        <button class="plain" type="button" onClick={() => send({ type: "ChatFirst" })}>
          {text.quay.chatFirst}
        </button>
        {state.chatEarly && room === null && <p role="status">{text.quay.starting}</p>}
        <EarlyLine state={state} send={send} />
        <ProblemLine problem={state.problem} send={send} />
      </div>
      <Span span={spanOf(state)} left="" right="" ramp="left" lowered={state.dragging !== null} />
      <div class="below">
        {room !== null && <Knocks room={room} send={send} />}
        <Trouble state={state} send={send} />
        <Storage state={state} />
        {room !== null && <LinkField address={addressOf(state.here, room.link)} small />}
      </div>
    </main>
  );
}
