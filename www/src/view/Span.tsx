/** Two shores and a span: the one line that is the status and the progress, with the words beside it. */
import type { Line, mixOf, Span as SpanState } from "../select";
import { text } from "../text";

interface Props {
  span: SpanState;
  left: string;
  right: string;
  /** Whether `right` is what somebody is called, and no word of the page. */
  named?: boolean;
  /** Where the ramp stands raised while nobody is there; the guest sees it on the other side. */
  ramp?: "left" | "right";
  /** The ramp comes down: something is being dragged. */
  lowered?: boolean;
  /** Where not all are connected in the same way. */
  mix?: ReturnType<typeof mixOf>;
  /** Words after the status. */
  detail?: string;
}

export function Span({ span, left, right, named, ramp, lowered, mix = null, detail }: Props) {
  return (
    <div class="span" data-line={span.line} data-ramp={span.line === "absent" ? ramp : undefined} data-lowered={lowered}>
      <div class="shore">
        <span class="shore-name">{left}</span>
      </div>
      <div class="between">
        <svg class="line" aria-hidden="true" focusable="false">
          <LineOf line={span.line} />
          {span.filled !== null && <Filled part={span.filled.part} toMe={span.filled.toMe} />}
        </svg>
        {span.line === "absent" && <i class="ramp" />}
        <p class="words">
          <span role="status">{mix !== null ? text.status.mixed(mix.direct, mix.relayed) : span.word === null ? "" : text.status[span.word]}</span>
          {detail !== undefined && detail !== "" && <span class="detail">{detail}</span>}
        </p>
      </div>
      <div class="shore far">
        <span class="shore-name" translate={named === true ? false : undefined}>
          {right}
        </span>
      </div>
    </div>
  );
}

function LineOf({ line }: { line: Line }) {
  switch (line) {
    case "absent":
      return null;
    case "dotted":
    case "dashed":
    case "solid":
      return <line class={line} x1="0" y1="12" x2="100%" y2="12" />;
    case "knot":
      return (
        <>
          <line x1="0" y1="12" x2="100%" y2="12" />
          <svg x="50%" y="12" overflow="visible">
            <path class="knot" d="M-22 0C-10 0 9-15 9-3 9 7-9 7-9-3-9-15 10 0 22 0" />
          </svg>
        </>
      );
    case "gap":
      return (
        <>
          <line x1="0" y1="12" x2="42%" y2="12" />
          <line x1="58%" y1="12" x2="100%" y2="12" />
          <svg x="42%" y="12" overflow="visible">
            <path d="M0 0q8 0 11 10" />
          </svg>
          <svg x="58%" y="12" overflow="visible">
            <path d="M0 0q-8 0-11 10" />
          </svg>
        </>
      );
  }
}

function Filled({ part, toMe }: { part: number; toMe: boolean }) {
  const at = (share: number) => `${share * 100}%`;
  return toMe ? (
    <line class="filled" x1={at(1 - part)} y1="12" x2="100%" y2="12" />
  ) : (
    <line class="filled" x1="0" y1="12" x2={at(part)} y2="12" />
  );
}
