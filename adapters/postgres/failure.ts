/**
 * What an error of the driver means to the caller. Of the error itself only the SQLSTATE goes on: its message, detail and query can
 * carry the text of a statement.
 */
import type { AdapterError, ErrorText } from "../errors.ts";
import { isAdapterError, OutcomeUnknown, Terminal, Transient } from "../errors.ts";

const VENDOR = "postgres";

/** A refusal of our own. */
export function failed(operation: string, text: ErrorText): Terminal {
  return new Terminal(text, { vendor: VENDOR, operation });
}

export interface Circumstances {
  /** In the words of SQL, without values. */
  readonly operation: string;
  /** `commit`: the transaction may have taken effect, whatever the error says. */
  readonly stage: "connect" | "work" | "commit";
  readonly aborted: boolean;
  /** Velvet's own role there, for the remedy. */
  readonly admin: string;
}

/** A mistake of this code's own is no failure of the server: it goes on as it is. */
export function failureOf(error: unknown, circumstances: Circumstances): AdapterError | TypeError | ReferenceError {
  if (isAdapterError(error) || error instanceof TypeError || error instanceof ReferenceError) return error;
  const { operation, stage, aborted } = circumstances;
  const code = codeOf(error);
  const facts = { vendor: VENDOR, operation, ...(code === undefined ? {} : { code }) };
  if (stage === "commit") {
    return new OutcomeUnknown(
      { reason: "CommitUnconfirmed", message: "The connection was lost before the server confirmed the commit." },
      facts,
    );
  }
  if (aborted) {
    return new Transient({ reason: "Interrupted", message: `${operation} was given up before it took effect.` }, facts);
  }
  const refusal = refusalOf(error, code, circumstances);
  return refusal ? new Terminal(refusal, facts) : new Transient(passing(code), facts);
}

/** SQLSTATE, or the code of a network or TLS error. */
export function codeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

const TLS_CODE = /^(CERT_|ERR_TLS|ERR_SSL|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_(GET|VERIFY|DECODE))/;

function refusalOf(error: unknown, code: string | undefined, { stage, admin }: Circumstances): ErrorText | undefined {
  if (code === undefined) return noTls(error) ? TLS_MISSING : undefined;
  if (TLS_CODE.test(code)) return TLS_UNTRUSTED;
  if (stage === "connect" && code.startsWith("28")) {
    return {
      reason: "AdminLoginRefused",
      message: `The server refuses the login of ${admin}.`,
      remedy: "Correct the account's user and password; its VendorAccount shows Ready=False until then.",
    };
  }
  return REFUSALS[code] ?? (isPassing(code) ? undefined : UNEXPECTED);
}

function noTls(error: unknown): boolean {
  return error instanceof Error && error.message === "The server does not support SSL connections";
}

const TLS_MISSING: ErrorText = {
  reason: "TlsMissing",
  message: "The server does not offer TLS, and the account's sslMode asks for it.",
  remedy: "Turn on ssl at the server, or set sslMode: disable for a server on the same machine.",
};

const TLS_UNTRUSTED: ErrorText = {
  reason: "TlsUntrusted",
  message: "The server's certificate is not trusted, or is for another host name.",
  remedy: "Set the account's caFile to the authority that signed it, and the endpoint to the name that it is for.",
};

const UNEXPECTED: ErrorText = {
  reason: "StatementRefused",
  message: "The server refused the statement.",
  remedy: "Look up the SQLSTATE, and the server's log at this time.",
};

const REFUSALS: Readonly<Record<string, ErrorText>> = {
  "42501": {
    reason: "MissingPrivilege",
    message: "Velvet's role lacks a privilege for this.",
    remedy:
      "Grant what the adapter's README lists; managed servers that refuse password statements need another issuer.",
  },
  "3D000": {
    reason: "DatabaseMissing",
    message: "The database of the account's endpoint does not exist.",
    remedy: "Correct the endpoint of the VendorAccount.",
  },
};

/**
 * Connection, resources, shutdown and start, locks, time-outs, a server that is read-only while it fails over. XX000 is what two
 * writers of one role get (`tuple concurrently updated`); 42710 and 23505 what two get that create the same one.
 */
const PASSING_CODES = /^(08|53|57|40|58|25006|55P03|55006|XX000|42710|23505)/;

function isPassing(code: string): boolean {
  return !/^[0-9A-Z]{5}$/.test(code) || /^E[A-Z_]+$/.test(code) || PASSING_CODES.test(code);
}

function passing(code: string | undefined): ErrorText {
  if (code === "25006")
    return { reason: "ServerReadOnly", message: "The server is read-only: a standby, or failing over." };
  if (code === "53300") return { reason: "TooManyConnections", message: "The server has no connection left." };
  if (code !== undefined && /^(55P03|XX000|42710|23505|40)/.test(code)) {
    return { reason: "SlotLocked", message: "Somebody else was changing the same role." };
  }
  return { reason: "ServerUnavailable", message: "The server cannot be reached, or does not answer in time." };
}
