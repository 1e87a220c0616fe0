/** What a record says of its site: nothing of it is named yet. */
import { DecodeError } from "../../../errors.ts";
import { DROP_SOURCES, type DropSource } from "../../../model/index.ts";
import type { KeyLayout } from "../../../model/interner.ts";
import { HOOK } from "../../core/record-head.ts";
import type { RecordLayout } from "../../core/record-layout.ts";
import { demandOffsets, HEAD, type Offsets } from "../../core/record-reader.ts";
import { keyLayout, type RecordView } from "../../core/record-view.ts";
import { site, type siteLayout } from "./site.ts";

const SOURCES: ReadonlyMap<number, DropSource> = new Map(
  DROP_SOURCES.map((source) => [HOOK[source], source]),
);

export class SiteReader {
  readonly #view: RecordView;
  readonly #at: Offsets<(typeof siteLayout)["fields"]>;
  readonly #withReason: KeyLayout;
  readonly #withoutReason: KeyLayout;

  constructor(view: RecordView, layout: RecordLayout<never>) {
    this.#view = view;
    this.#at = demandOffsets(layout, site);
    const { location, reason } = this.#at;
    this.#withReason = keyLayout(1, [
      [location, 8],
      [reason, 4],
    ]);
    this.#withoutReason = keyLayout(2, [[location, 8]]);
  }

  /** What it is known by again, with its hook. */
  key(base: number): KeyLayout {
    return this.#view.u8(base + this.#at.hasReason) === 0 ? this.#withoutReason : this.#withReason;
  }

  /** One of HOOK, or not. */
  hook(base: number): number {
    return this.#view.u8(base + HEAD.hook);
  }

  /** The halves of the location's address. */
  low(base: number): number {
    return this.#view.low(base + this.#at.location);
  }
  high(base: number): number {
    return this.#view.high(base + this.#at.location);
  }

  /** Undefined where the kernel gives none. */
  reason(base: number): number | undefined {
    const view = this.#view;
    return view.u8(base + this.#at.hasReason) === 0 ? undefined : view.u32(base + this.#at.reason);
  }

  /** A DecodeError where no drop is seen by it. */
  source(base: number): DropSource {
    const hook = this.hook(base);
    const source = SOURCES.get(hook);
    if (source === undefined) throw new DecodeError("site", HEAD.hook, `hook ${hook}`);
    return source;
  }

  /** One of COPY. */
  copy(base: number): number {
    return this.#view.u8(base + this.#at.copy);
  }

  /** Of HINT. */
  hints(base: number): number {
    return this.#view.u8(base + this.#at.hints);
  }

  /** The frame was sent to the interface that it came in by. */
  isForOwnMac(base: number): boolean {
    return this.#view.u8(base + this.#at.ownMac) !== 0;
  }
}
