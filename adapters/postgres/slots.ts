/**
 * The two roles that take turns, and how one generation of a role is told from the next. Pure.
 *
 * A role is used again, so its name is no id. The id is `<role>@<generation>`: the generation is the attempt of our marker, which
 * stands on a line of its own in the role's comment. A role from before Velvet has no such line and is generation 0. When a
 * generation is destroyed its line is marked, so that the empty role is told apart from every other time it was empty.
 */
import type { PostgresIssuer } from "../../crds/kinds.gen.ts";
import type { IssuedKey, KeyId, Marker } from "../contract.ts";
import { failed } from "./failure.ts";

/** A Credential's roles. `role` is slot A; unless `owner` says otherwise it also owns the objects, and `alternate` acts as it. */
export interface Slots {
  readonly role: string;
  readonly alternate: string;
  readonly owner: string;
}

/** The names with their defaults, unchecked. */
export function slotsOf(block: PostgresIssuer): Slots {
  const { role, alternate = `${role}_b`, owner = role } = block;
  return { role, alternate, owner };
}

/** NAMEDATALEN - 1: Postgres cuts off what is longer, without an error. */
const LONGEST_NAME = 63;

/** Throws `Terminal` for names that cannot work: they come from a tenant, and the schema sees them one by one. */
export function checkedSlots(block: PostgresIssuer, admin: string): Slots {
  const slots = slotsOf(block);
  const names = [slots.role, slots.alternate, slots.owner];
  if (names.includes(admin)) {
    throw failed("read the issuer block", {
      reason: "BootstrapCircularity",
      message: `${admin} is the role that Velvet itself logs in with.`,
      remedy: "Name the role that the consumers log in as.",
    });
  }
  if (slots.role === slots.alternate || slots.alternate === slots.owner) {
    throw failed("read the issuer block", {
      reason: "RolesNotApart",
      message: `alternate is ${slots.alternate}, which is also the role or its owner.`,
      remedy: "Give alternate a name of its own.",
    });
  }
  const long = names.find((name) => Buffer.byteLength(name) > LONGEST_NAME);
  if (long !== undefined) {
    throw failed("read the issuer block", {
      reason: "RoleNameTooLong",
      message: `${long} is longer than the ${LONGEST_NAME} bytes that Postgres keeps of a name.`,
      remedy: "Set a shorter alternate.",
    });
  }
  return slots;
}

/** One role as its comment tells it. */
export interface Generation {
  /** Attempt id, or `0`. */
  readonly generation: string;
  readonly marker?: Marker;
  readonly destroyed: boolean;
  /** The comment without our line. */
  readonly foreign: string;
}

const MARKER_LINE = /^(velvet\/[^/\s]+\/[^/\s]+\/([^/\s@]{1,100}))( destroyed)?$/;
const ADOPTED = "velvet/-/-/0";

export function readComment(comment: string | null): Generation {
  const lines = (comment ?? "").split("\n");
  const ours = lines.map((line) => MARKER_LINE.exec(line)).findLast((match) => match !== null);
  const foreign = lines.filter((line) => !MARKER_LINE.test(line)).join("\n");
  const [, marker, generation] = ours ?? [];
  return {
    generation: generation ?? "0",
    destroyed: ours?.[3] !== undefined,
    foreign,
    ...(marker === undefined || marker === ADOPTED ? {} : { marker }),
  };
}

/** The comment that says this; what other people wrote in it stays as it was. */
export function writeComment({ foreign }: Generation, marker: Marker, destroyed = false): string {
  return `${foreign}${foreign === "" ? "" : "\n"}${marker}${destroyed ? " destroyed" : ""}`;
}

export function markerOf({ marker }: Generation): Marker {
  return marker ?? ADOPTED;
}

/** The attempt of a marker. Throws `Terminal` for a text that would not be found again in a comment. */
export function generationOf(marker: Marker): string {
  const [, whole, generation] = MARKER_LINE.exec(marker) ?? [];
  if (whole === marker && generation !== undefined) return generation;
  throw failed("read the marker", {
    reason: "MarkerInvalid",
    message: "The marker has not the form that Velvet writes.",
  });
}

/** What `list` calls this role now: the id of a credential, or for an empty role a name that is no credential's. */
export function idOf(role: string, { generation, destroyed }: Generation): KeyId {
  return `${role}@${destroyed ? "free." : ""}${generation}`;
}

export function parseId(id: KeyId): { readonly role: string; readonly generation: string } {
  const at = id.lastIndexOf("@");
  return { role: id.slice(0, Math.max(at, 0)), generation: id.slice(at + 1) };
}

/** The entry of the inventory that is about this role. */
export function entryOf(inventory: readonly IssuedKey[], role: string): IssuedKey | undefined {
  return inventory.find((key) => parseId(key.id).role === role);
}

/** The role that takes the next value: not one in use, and not one that still can log in. Throws `Terminal` `SlotBusy`. */
export function idleSlot(slots: Slots, inventory: readonly IssuedKey[], inUse: ReadonlySet<string>): string {
  const others = [slots.role, slots.alternate].filter((role) => !inUse.has(role));
  const idle = others.find((role) => entryOf(inventory, role)?.enabled !== true);
  if (idle !== undefined) return idle;
  const busy = others.map((role) => entryOf(inventory, role)?.id ?? role).join(" and ");
  throw slotBusy(busy === "" ? `${slots.role} and ${slots.alternate}` : busy);
}

export function slotBusy(id: string): Error {
  return failed("choose a role", {
    reason: "SlotBusy",
    message: `No role is free for the next password: ${id} may still be in use.`,
    remedy: "Destroy the retired id, or, where nobody uses the role, ALTER ROLE … NOLOGIN.",
  });
}
