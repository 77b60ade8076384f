/** Signature Version 4, read from its description: who signed a request, and with which secret. */
import { createHash, createHmac } from "node:crypto";
import type { Call } from "../emulator/emulator.ts";

export interface Signed {
  readonly keyId: string;
  readonly region: string;
  readonly service: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  isBy(secret: string): boolean;
}

const FORM =
  /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
const DATE = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** Undefined where a request carries no such signature. `path`: as it stands on the wire, prefix included. */
export function readSignature(call: Call, path: string): Signed | undefined {
  const parts = FORM.exec(call.headers.authorization ?? "");
  const date = headerOf(call, "x-amz-date");
  const moment = DATE.exec(date);
  if (!parts || !moment) return undefined;
  const [, keyId = "", day = "", region = "", service = "", names = "", signature = ""] = parts;
  const canonical = [
    call.method,
    path,
    call.query.toString(),
    ...names.split(";").map((name) => `${name}:${headerOf(call, name).trim().replaceAll(/ +/g, " ")}`),
    "",
    names,
    createHash("sha256").update(call.text, "utf8").digest("hex"),
  ].join("\n");
  const scope = `${day}/${region}/${service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", date, scope, createHash("sha256").update(canonical).digest("hex")].join("\n");
  const [, year, month, dayOfMonth, hour, minute, second] = moment;
  return {
    keyId,
    region,
    service,
    at: Date.parse(`${year}-${month}-${dayOfMonth}T${hour}:${minute}:${second}Z`),
    isBy: (secret) => {
      const key = [day, region, service, "aws4_request"].reduce<Buffer>(
        (above, word) => createHmac("sha256", above).update(word).digest(),
        Buffer.from(`AWS4${secret}`),
      );
      return createHmac("sha256", key).update(text).digest("hex") === signature;
    },
  };
}

function headerOf({ headers }: Call, name: string): string {
  const value = headers[name];
  return Array.isArray(value) ? value.join(",") : (value ?? "");
}
