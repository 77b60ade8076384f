/** Who is asking, and how the API server is known. */
import type { Clock } from "./clock.ts";

export interface TlsMaterial {
  readonly ca?: string | Buffer;
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

export type Headers = Readonly<Record<string, string | string[]>>;

/** What proves who is asking. Its parts are private, so that it prints and serialises as nothing. */
export class Credential {
  readonly #headers: Headers;
  readonly #tls: TlsMaterial;

  constructor(headers: Headers, tls: TlsMaterial) {
    this.#headers = headers;
    this.#tls = tls;
  }

  /** For the last line before the wire. */
  reveal(): { readonly headers: Headers; readonly tls: TlsMaterial } {
    return { headers: this.#headers, tls: this.#tls };
  }
}

/** Where credentials come from. */
export interface CredentialSource {
  /** May answer from what it keeps as long as that is in force. */
  read(): Promise<Credential>;
  /** Forgets what it keeps, and starts from the files. */
  reread(): Promise<Credential>;
}

/** A token of a pod is another one every hour, and lies in its file long before the old one ends. */
const FRESH_MS = 60_000;
/** A program that makes credentials and does not end is not waited for any longer. */
const LONGEST_READ_MS = 60_000;

/** The credential in force. Whoever asks while one is being read waits for the same one. */
export class Credentials {
  readonly #source: CredentialSource;
  readonly #clock: Clock;
  #held: { readonly credential: Credential; readonly untilMs: number } | undefined;
  #reading: { readonly credential: Promise<Credential>; readonly untilMs: number } | undefined;

  constructor(source: CredentialSource, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  async current(): Promise<Credential> {
    if (this.#held && this.#clock.monotonicMs() < this.#held.untilMs) return this.#held.credential;
    return this.#read(() => this.#source.read());
  }

  /** A newer one than `refused`. Of many that were refused with the same one, only the first has it read again. */
  async renewed(refused: Credential): Promise<Credential> {
    if (this.#held && this.#held.credential !== refused) return this.#held.credential;
    this.#held = undefined;
    return this.#read(() => this.#source.reread());
  }

  #read(make: () => Promise<Credential>): Promise<Credential> {
    const now = this.#clock.monotonicMs();
    if (this.#reading && now < this.#reading.untilMs) return this.#reading.credential;
    const reading = { credential: make(), untilMs: now + LONGEST_READ_MS };
    this.#reading = reading;
    const settle = (credential?: Credential): void => {
      if (this.#reading !== reading) return;
      this.#reading = undefined;
      if (credential) this.#held = { credential, untilMs: this.#clock.monotonicMs() + FRESH_MS };
    };
    reading.credential.then(settle, () => settle());
    return reading.credential;
  }
}
