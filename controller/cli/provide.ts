/** Hands in the value of a credential that only a person could make. */
import { sealBox } from "../custody/box.ts";
import type { CommandContext, ExitCode } from "./command.ts";
import type { DecisionOptions, Deed } from "./decision.ts";
import { decideOnRotation } from "./decision.ts";
import type { DeskAccess, Subject } from "./desk.ts";
import { misuse } from "./failure.ts";
import { readValue, type ValueOptions } from "./sealed-value.ts";
import { type KeyOptions, type SealingKey, sealingKey } from "./sealing-key.ts";

export interface ProvideOptions extends DecisionOptions, ValueOptions, KeyOptions {
  /** Which Credential the request rotates, where that cannot be looked up. */
  readonly credential?: string;
}

/** The value is sealed here, to the install's public key: nothing but the box leaves this process. */
export async function provideCommand(
  context: CommandContext,
  request: string,
  options: ProvideOptions,
  access: DeskAccess,
): Promise<ExitCode> {
  const key = await sealingKey(context, options);
  const value = await readValue(context, options);
  const compose = (subject: Subject | undefined): Deed => {
    const { namespace, credential } = scopeOf(subject, request, options);
    const sealedValue = sealBox(key.key, { install: key.install, namespace, credential }, value);
    return {
      label: "provide",
      doing: "Handing in a new value for",
      choice: { action: "ProvideValue", sealedValue },
      shows: shown(key, Object.keys(value)),
    };
  };
  return decideOnRotation(context, request, compose, options, access);
}

function shown({ key }: SealingKey, fields: readonly string[]): string[] {
  const what = fields.length === 1 ? `the field ${fields[0]}` : `the fields ${fields.join(", ")}`;
  return [
    `sealed: ${what}, to the key ${key.split(":")[0]}`,
    "Velvet verifies it at the vendor before anybody is given it.",
  ];
}

function scopeOf(
  subject: Subject | undefined,
  request: string,
  { credential, namespace }: ProvideOptions,
): { readonly namespace: string; readonly credential: string } {
  if (subject) return { namespace: subject.namespace, credential: subject.credential };
  const place = request.includes("/") ? request.split("/")[0] : namespace;
  if (credential !== undefined && place !== undefined) return { namespace: place, credential };
  throw misuse(
    "Without ledger and cluster nobody can tell which Credential the request rotates.",
    "Name it with --credential and -n, and the key with --key-file.",
  );
}
