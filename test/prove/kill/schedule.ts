/**
 * One kill as text, and back: `E markable/1xcas rotate kill issuer.mint:after:1` is the layer, the setup, the story, what is done to the
 * controller, and at which moment of this credential's rotation:
 *
 * - `before`, `after`: around an effect, as the engine names it;
 * - `sent`: the request has arrived at the vendor and takes effect only after the controller is dead or frozen, `+1.5` leases later;
 * - `done`: it has taken effect, and the answer is never sent.
 *
 * `undisturbed` instead of a deed: the story as it goes by itself.
 */

export type Point = "before" | "after" | "sent" | "done";

export interface Blow {
  /** `abort`: nothing happens to the controller; a person aborts while it stands there. */
  readonly deed: "kill" | "freeze" | "abort";
  readonly label: string;
  readonly point: Point;
  /** Counts from 1, whichever controller passes there. */
  readonly nth: number;
  /** `sent`: leases until it takes effect. */
  readonly landsAfter: number;
}

export interface Schedule {
  readonly setup: string;
  readonly story: string;
  readonly blow?: Blow;
}

const BLOW =
  /^(?<deed>kill|freeze|abort) (?<label>[\w.]+):(?<point>before|after|sent|done):(?<nth>\d+)(?:\+(?<lands>[\d.]+))?$/;

export function scheduleText({ setup, story, blow }: Schedule): string {
  if (!blow) return `E ${setup} ${story} undisturbed`;
  const { deed, label, point, nth, landsAfter } = blow;
  const lands = landsAfter > 0 ? `+${landsAfter}` : "";
  return `E ${setup} ${story} ${deed} ${label}:${point}:${nth}${lands}`;
}

/** Throws where the text is no schedule. */
export function scheduleOf(text: string): Schedule {
  const [layer, setup, story, ...words] = text.split(" ");
  if (layer !== "E" || setup === undefined || story === undefined)
    throw new Error(`not a schedule of layer E: ${text}`);
  if (words.join(" ") === "undisturbed") return { setup, story };
  const groups = BLOW.exec(words.join(" "))?.groups;
  if (!groups) throw new Error(`not a schedule of layer E: ${text}`);
  const { deed, label = "", point, nth, lands } = groups;
  const blow = { label, nth: Number(nth), landsAfter: Number(lands ?? 0) };
  return { setup, story, blow: { ...blow, deed: deed as Blow["deed"], point: point as Point } };
}
