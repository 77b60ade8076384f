/** Ends a generation of a role, for a while or for good, or brings it back. Each compares the generation and alters in one transaction. */
import { escapeIdentifier, escapeLiteral } from "pg";
import type { Clock, KeyId, Residual } from "../contract.ts";
import type { Admin } from "./admin.ts";
import { failed } from "./failure.ts";
import { type Role, withSlot } from "./roles.ts";
import { endSessions, standbyResidual } from "./sessions.ts";
import { markerOf, parseId, type Slots, writeComment } from "./slots.ts";

export interface Revoking {
  readonly admin: Admin;
  readonly clock: Clock;
  readonly slots: Slots;
}

/** Disables the login and ends its sessions. The password stays, so that `restore` can undo it. */
export async function revoke(revoking: Revoking, id: KeyId, signal: AbortSignal): Promise<readonly Residual[]> {
  return end(revoking, id, signal, {
    operation: "ALTER ROLE … NOLOGIN",
    statements: (slot) => [`alter role ${slot} nologin`],
  });
}

/** Removes the password and marks the generation as gone. The role itself stays: it may own objects, and it takes the next value. */
export async function destroy(revoking: Revoking, id: KeyId, signal: AbortSignal): Promise<readonly Residual[]> {
  return end(revoking, id, signal, {
    operation: "ALTER ROLE … PASSWORD NULL",
    statements: (slot, role) => [
      `alter role ${slot} nologin password null`,
      `comment on role ${slot} is ${escapeLiteral(writeComment(role, markerOf(role), true))}`,
    ],
  });
}

interface Step {
  readonly operation: string;
  readonly statements: (slot: string, role: Role) => readonly string[];
}

/** What was replaced or destroyed since is gone already, and what took its place is left alone. */
async function end({ admin, clock, slots }: Revoking, id: KeyId, signal: AbortSignal, step: Step) {
  const { role: name, generation } = configured(slots, id);
  const { operation } = step;
  const ended = await withSlot(admin, { name, operation, signal }, async (session, role) => {
    if (!isStill(role, generation)) return false;
    for (const sql of step.statements(escapeIdentifier(name), role)) await session.query(sql);
    return true;
  });
  if (!ended) return [];
  const open = await endSessions({ admin, clock }, { role: name, generation }, signal);
  return [...open, ...(await standbyResidual(admin, name, signal))];
}

/** Lets the old password in again. */
export async function restore({ admin, slots }: Revoking, id: KeyId, signal: AbortSignal): Promise<void> {
  const { role: name, generation } = configured(slots, id);
  const operation = "ALTER ROLE … LOGIN";
  await withSlot(admin, { name, operation, signal }, async (session, role) => {
    if (isStill(role, generation)) return session.query(`alter role ${escapeIdentifier(name)} login`);
    throw failed(operation, {
      reason: "RetiredIdGone",
      message: `${id} was destroyed, or its role has another password since.`,
      remedy: "Request a rotation for a new credential.",
    });
  });
}

function isStill(role: Role | undefined, generation: string): role is Role {
  return role !== undefined && role.generation === generation && !role.destroyed;
}

/** An id comes from the ledger; the block may have been edited since. A role that is not this Credential's is never touched. */
function configured(slots: Slots, id: KeyId): { readonly role: string; readonly generation: string } {
  const parsed = parseId(id);
  if (parsed.role === slots.role || parsed.role === slots.alternate) return parsed;
  throw failed("ALTER ROLE", {
    reason: "RoleNotConfigured",
    message: `The id ${id} is of neither ${slots.role} nor ${slots.alternate}.`,
    remedy: "Set the issuer's role and alternate back, or end it by hand and say so with MarkRevoked.",
  });
}
