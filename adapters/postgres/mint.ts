/** Gives one role its next password: compared and altered in one transaction. */
import { escapeIdentifier, escapeLiteral } from "pg";
import type { KeyId, Minted, MintOrder } from "../contract.ts";
import type { Admin, Session } from "./admin.ts";
import { codeOf, failed } from "./failure.ts";
import { adminOptionMissing, isMember, readRoles, type Role, withSlot } from "./roles.ts";
import { equalise } from "./settings.ts";
import { entryOf, generationOf, idOf, readComment, slotBusy, type Slots, writeComment } from "./slots.ts";
import { partsOf } from "./value.ts";
import { saltFor, scramVerifier } from "./verifier.ts";

/** What a proposal's password is made of: its own SASLprep form, and safe in a URL and in a shell. */
const PASSWORD = /^[A-Za-z0-9_-]{32,200}$/;

export interface Minting {
  readonly admin: Admin;
  readonly slots: Slots;
}

export async function mint(minting: Minting, order: MintOrder, signal: AbortSignal): Promise<Minted> {
  const { slots, admin } = minting;
  const generation = generationOf(order.marker);
  const { name, value } = placeOf(slots, order);
  const verifier = await scramVerifier(value.password, saltFor(name, order.marker));
  await withSlot(admin, { name, operation: "ALTER ROLE … PASSWORD", signal }, async (session, role) => {
    const other = await surroundings(minting, session, name);
    compare(order, name, role, generation);
    await apply(session, {
      admin: admin.server.admin,
      slots,
      name,
      role,
      other,
      verifier,
      comment: commentFor(role, order),
    });
  });
  return { id: idOf(name, { generation, destroyed: false, foreign: "" }), value: value.fields };
}

function placeOf(slots: Slots, { proposed }: MintOrder) {
  const password = proposed?.["password"];
  const { user: name } = partsOf(proposed ?? {});
  if (proposed === undefined || password === undefined || !PASSWORD.test(password.reveal())) {
    throw failed("read the proposal", {
      reason: "ProposalInvalid",
      message: "The proposed value has no password of the form that Velvet chooses.",
      remedy: "Abort, and request the rotation again.",
    });
  }
  if (name !== slots.role && name !== slots.alternate) {
    throw failed("read the proposal", {
      reason: "SlotChanged",
      message: `The proposed value is for neither ${slots.role} nor ${slots.alternate}.`,
      remedy: "The Credential's roles were changed; abort, and request the rotation again.",
    });
  }
  return { name, value: { password, fields: proposed } };
}

/** The role to be like: the other one of the two, where it exists. Throws `Terminal` where the roles are not fit for this. */
async function surroundings({ admin, slots }: Minting, session: Session, name: string): Promise<Role | undefined> {
  const roles = await readRoles(session, [slots.role, slots.alternate, slots.owner]);
  for (const needed of [slots.role, slots.owner]) if (!roles.has(needed)) throw roleMissing(needed);
  for (const role of roles.values()) await refuseUnfit(session, role, slots.owner);
  const isCreated = !roles.has(name);
  if (isCreated && roles.get(slots.owner)?.administrable !== true)
    throw adminOptionMissing(admin.server.admin, slots.owner);
  return roles.get(name === slots.role ? slots.alternate : slots.role);
}

/**
 * A tenant's block names these roles, and the account may allow only `role` by name. So it must not reach a role, or the rights of an
 * owner, that the Credential's own role has nothing to do with.
 */
async function refuseUnfit(session: Session, role: Role, owner: string): Promise<void> {
  if (role.powerful) throw tooPowerful(role.name);
  if (!(await isMember(session, role.name, owner))) throw stranger(role.name, owner);
}

/** Throws `Terminal` where the role is not as it was when the intent was written, and this is no replay either. */
function compare(order: MintOrder, name: string, role: Role | undefined, generation: string): void {
  const replay = role?.generation === generation;
  if (replay && role.canLogin) return;
  const before: KeyId | undefined = entryOf(order.inventory, name)?.id;
  const now = role && idOf(name, role);
  if (replay || before !== now) throw slotChanged(name);
  if (role?.canLogin) throw slotBusy(idOf(name, role));
}

function commentFor(role: Role | undefined, order: MintOrder): string {
  return writeComment(role ?? readComment(null), order.marker);
}

interface Alteration {
  /** Velvet's own role. */
  readonly admin: string;
  readonly slots: Slots;
  readonly name: string;
  readonly role: Role | undefined;
  readonly other: Role | undefined;
  readonly verifier: string;
  readonly comment: string;
}

async function apply(session: Session, alteration: Alteration): Promise<void> {
  const { admin, slots, name, role, other, verifier, comment } = alteration;
  const [slot, owner] = [escapeIdentifier(name), escapeIdentifier(slots.owner)];
  const limit = other === undefined ? "" : ` connection limit ${other.connectionLimit}`;
  const options = `login password ${escapeLiteral(verifier)} valid until 'infinity'${limit}`;
  await session.query(
    role === undefined ? `create role ${slot} ${options} in role ${owner}` : `alter role ${slot} ${options}`,
  );
  if (other !== undefined) await copySettings(session, admin, other.name, name);
  // Whoever logs in works as the owner, so that what one role makes the other one may change.
  if (name !== slots.owner) await session.query(`alter role ${slot} set role = ${owner}`);
  await session.query(`comment on role ${slot} is ${escapeLiteral(comment)}`);
}

async function copySettings(session: Session, admin: string, from: string, to: string): Promise<void> {
  for (const { name, sql } of await equalise(session, from, to)) {
    try {
      await session.query(sql);
    } catch (error) {
      if (codeOf(error) !== "42501") throw error;
      throw failed("ALTER ROLE … SET", {
        reason: "SettingNotCopied",
        message: `${from} and ${to} differ in ${name}, and Velvet may not change it.`,
        remedy:
          `Set it on ${to} as it is on ${from}, or as a superuser of PostgreSQL 15 and newer: ` +
          `GRANT SET ON PARAMETER ${escapeIdentifier(name)} TO ${escapeIdentifier(admin)}.`,
      });
    }
  }
}

function slotChanged(name: string): Error {
  return failed("ALTER ROLE … PASSWORD", {
    reason: "SlotChanged",
    message: `The role ${name} was changed, or its password revoked, after this mint was decided.`,
    remedy: "Request the rotation again; it starts from the role as it is now.",
  });
}

function roleMissing(name: string): Error {
  return failed("ALTER ROLE … PASSWORD", {
    reason: "RoleMissing",
    message: `The role ${name} does not exist.`,
    remedy: `Create it with the rights that the consumers need: CREATE ROLE ${escapeIdentifier(name)} NOLOGIN.`,
  });
}

function tooPowerful(name: string): Error {
  return failed("ALTER ROLE … PASSWORD", {
    reason: "RoleNotSupported",
    message: `The role ${name} has SUPERUSER or REPLICATION, which a second role cannot take over from it.`,
    remedy: "Give the consumers a role without these.",
  });
}

function stranger(name: string, owner: string): Error {
  return failed("ALTER ROLE … PASSWORD", {
    reason: "RoleNotRelated",
    message: `The role ${name} is no member of ${owner}, so it is not this Credential's to take.`,
    remedy: `If it is: GRANT ${escapeIdentifier(owner)} TO ${escapeIdentifier(name)}.`,
  });
}
