/** Where it does not go on: one sentence that says why, and one button. */
import type { Send } from "../action";
import type { Place } from "../state";
import { text } from "../text";
import { Span } from "./Span";

type StopPlace = Exclude<Place, { at: "starting" | "door" | "knocking" | "room" }>;

interface Words {
  title: string;
  body: string;
  button?: string;
}

export function Stop({ place, send }: { place: StopPlace; send: Send }) {
  const [words, act] = wordsOf(place, send);
  return (
    <main class="shorepage stop">
      <div class="middle">
        <h1>{words.title}</h1>
        <p>{words.body}</p>
        {place.at === "unsupported" && <Missing features={place.missing} />}
        {words.button !== undefined && (
          <button class="accent" type="button" onClick={act}>
            {words.button}
          </button>
        )}
        {place.at === "elsewhere" && (
          <>
            <button type="button" onClick={() => send({ type: "BeSomebodyElse" })}>
              {text.stop.elsewhere.somebodyElse}
            </button>
            <p class="quiet">{text.stop.elsewhere.somebodyElseWhy}</p>
          </>
        )}
        {place.at === "kept" && !place.newer && (
          <button class="plain" type="button" onClick={() => send({ type: "StartOver" })}>
            {text.trouble.startRoom}
          </button>
        )}
      </div>
      <Span span={{ line: "gap", word: "not connected", filled: null }} left={text.you} right="" />
    </main>
  );
}

function wordsOf(place: StopPlace, send: Send): [Words, () => void] {
  const reload = () => send({ type: "Reload" });
  const startOver = () => send({ type: "StartOver" });
  switch (place.at) {
    case "insecure":
      return [text.stop.insecure, () => send({ type: "UseHttps" })];
    case "webrtc-off":
      return [text.stop.webrtcOff, reload];
    case "unsupported":
      return [text.stop.unsupported, reload];
    case "bad-link": {
      const { title, body, newer, button } = text.stop.badLink;
      return [{ title, body: place.newer ? newer : body, button }, startOver];
    }
    case "seen":
      return [text.stop.seen, startOver];
    case "kept": {
      const { newer, unreadable } = text.stop.kept;
      return [place.newer ? newer : unreadable, reload];
    }
    case "elsewhere":
      return [text.stop.elsewhere, reload];
    case "over":
      return [text.stop.over, startOver];
    case "crashed":
      return [text.stop.crashed, reload];
  }
}

function Missing({ features }: { features: readonly string[] }) {
  return (
    <div class="missing">
      <p class="quiet">{text.stop.unsupported.missing}</p>
      <ul>
        {features.map((feature) => (
          <li key={feature}>{feature}</li>
        ))}
      </ul>
    </div>
  );
}
