/** What the issuers' conformance suite works on, and what its cases ask of it. */
import { randomBytes, randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { Issuer, KeyId, Liveness, Minted, MintOrder } from "../contract.ts";
import { Secret, type SecretFields } from "../secret.ts";

export interface IssuerBench extends AsyncDisposable {
  readonly issuer: Issuer;
  /** The same configuration through a connection of its own, as another replica has it. */
  readonly other: () => Issuer;
  /** The same configuration, with a vendor that takes connections and never answers. */
  readonly unreachable: () => Promise<Issuer & AsyncDisposable>;
  /** A value that is live at the vendor and that Velvet did not mint. */
  readonly adopted: SecretFields;
  /** A well-formed id that no credential ever had. */
  readonly unknownId: KeyId;
  /** All that the vendor wrote down: logs, statistics. */
  readonly recorded?: () => Promise<string>;
}

export type IssuerTest = (bench: IssuerBench) => Promise<void>;

/** A signal that stays quiet. */
export const never = new AbortController().signal;

export function newMarker(): string {
  return `velvet/test/${randomUUID()}/${randomUUID()}`;
}

/** The end of every marker, however short a vendor's field is. */
export function attemptOf({ marker }: MintOrder): string {
  return marker.slice(marker.lastIndexOf("/") + 1);
}

/** A vendor with a short field shows the end of a marker. */
export function isMarkedBy(order: MintOrder, shown: string | undefined): boolean {
  return shown !== undefined && order.marker.endsWith(shown) && shown.endsWith(attemptOf(order));
}

/** An order as the engine makes it: the one in use is known, the inventory is read, and the value is chosen, before anything is done. */
export async function order(issuer: Issuer, current?: SecretFields): Promise<MintOrder> {
  const inventory = await issuer.list(never);
  const currentId = current && (await issuer.identify(current, never));
  const used = { ...(current ? { current } : {}), ...(currentId === undefined ? {} : { currentId }) };
  const proposed = issuer.propose?.({ inventory, random: randomBytes, ...used });
  return {
    marker: newMarker(),
    inventory,
    ...(proposed ? { proposed } : {}),
    ...(currentId === undefined ? {} : { currentId }),
    ...(issuer.traits.mintClass === "native-grace" ? { graceUntil: inADay() } : {}),
  };
}

function inADay(): string {
  return new Date(Date.now() + 86_400_000).toISOString();
}

/** Every form in which a value could be written somewhere by accident. */
export function traces(value: SecretFields, publicFields: readonly string[]): string[] {
  return Object.entries(value)
    .filter(([name, secret]) => !publicFields.includes(name) && !secret.isEmpty)
    .flatMap(([, secret]) => {
      const text = secret.reveal();
      const bytes = Buffer.from(text);
      const forms = [text, encodeURIComponent(text), JSON.stringify(text).slice(1, -1)];
      return [
        ...forms,
        bytes.toString("base64").replace(/=+$/, ""),
        bytes.toString("base64url"),
        bytes.toString("hex"),
      ];
    });
}

export function expectNoTrace(where: string, values: readonly SecretFields[], issuer: Issuer): void {
  const found = values
    .flatMap((value) => traces(value, issuer.traits.publicFields))
    .filter((trace) => where.includes(trace));
  expect(found.length).toBe(0);
}

export async function mintNext({ issuer, adopted }: IssuerBench): Promise<{ order: MintOrder; minted: Minted }> {
  const next = await order(issuer, adopted);
  return { order: next, minted: await issuer.mint(next, never) };
}

export async function idOf(issuer: Issuer, value: SecretFields): Promise<KeyId> {
  const id = await issuer.identify(value, never);
  if (id === undefined) throw new Error("the issuer does not identify a value that is live");
  return id;
}

/** Shows the whole verdict where it is another one: why is what tells a flaw from a machine that paused. */
export async function expectLiveness(issuer: Issuer, value: SecretFields, liveness: Liveness): Promise<void> {
  expect(await issuer.verify(value, never)).toEqual(expect.objectContaining({ liveness }));
}

/** A canary for a bench's own credential: long, random, and with what encodings change. */
export function canary(): Secret {
  return Secret.from(`c%@:/ ?#&'"\\é-${randomBytes(18).toString("base64url")}`);
}
