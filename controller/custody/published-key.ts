/** Where the public sealing key stands on a cluster: a ConfigMap in the controller's namespace, with this entry. */
export const SEALING_KEY = "velvet-sealing-key";
/** `<install>/<key id>:<32 bytes in base64>`. */
export const KEY_ENTRY = "key";
