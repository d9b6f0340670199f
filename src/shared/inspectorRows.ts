/** What the inspector shows: plain data that crosses from the scanning thread to the editor's webview. */

/** Bytes made printable. `text` holds no control characters, no bidirectional marks and nothing invisible. */
export interface PrintableBytes {
  readonly text: string;
  /** Some bytes are shown as escapes (`\x1b`, `\u{202e}`). */
  readonly escaped: boolean;
  /** More bytes follow after those shown. */
  readonly truncated: boolean;
}

export interface ChecksumMark {
  readonly stored: number;
  /** Absent when the bytes it covers are not all there. */
  readonly computed?: number;
  readonly valid: boolean;
}

/** How a record belongs to an atomic group: it opens one, is in one, or says so while its frame is missing. */
export type GroupRole = 'frame' | 'member' | 'orphan';

export interface GroupMark {
  readonly role: GroupRole;
  /** What the format calls such a group: `batch`. */
  readonly name: string;
  /** Offset of the frame; -1 for an orphan. */
  readonly startBytes: number;
  readonly complete: boolean;
}

/** What the format calls atomic groups of records. */
export interface GroupNames {
  /** `batch`. */
  readonly one: string;
  /** `batches`. */
  readonly many: string;
}

/** What a log record says of itself. What a format does not have is absent. */
export interface RecordCells {
  readonly operation: string;
  readonly sequence?: number;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly timestampMs?: number;
  /** Milliseconds since 1970-01-01 UTC; 0: never. */
  readonly expiryMs?: number;
  readonly key?: PrintableBytes;
  readonly keySizeBytes?: number;
  readonly value?: PrintableBytes;
  readonly valueSizeBytes?: number;
  /** What the value means, for records whose value only the format understands. */
  readonly note?: string;
  readonly checksum?: ChecksumMark;
  readonly group?: GroupMark;
}

export const UNKNOWN_ROW = -1;

interface RowPlace {
  /**
   * Number of the row in the file: 0 is the first. Counts records and damaged ranges alike. `UNKNOWN_ROW`: the index has
   * not come there.
   */
  readonly row: number;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

export interface RecordRow extends RowPlace {
  readonly kind: 'record' | 'header';
  readonly cells: RecordCells;
}

export interface DamageRow extends RowPlace {
  readonly kind: 'damage';
  /** A short name: `bad checksum`, `torn tail`. */
  readonly reason: string;
  /** One sentence for people. */
  readonly message: string;
  /** What a record at the start of the range would say, when its header still makes sense. */
  readonly cells?: RecordCells;
}

export type InspectorRow = RecordRow | DamageRow;

/** One field of a record. */
export interface RecordField {
  readonly name: string;
  /** From the first byte of the record. */
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  /** The decoded value, ready to be shown. */
  readonly value: string;
  /** What the value means, in words; may be empty. */
  readonly meaning: string;
  readonly problem: boolean;
  /** 0 to 10: one colour for the same field in every record, another than those of the fields beside it. */
  readonly colourGroup: number;
  /** For times: milliseconds since 1970-01-01 UTC. The webview adds local time and age, which depend on the viewer. */
  readonly timeMs?: number;
  /** The bytes that a checksum covers. */
  readonly covers?: { readonly offsetBytes: number; readonly sizeBytes: number };
  readonly type: 'number' | 'bytes' | 'checksum' | 'time' | 'flags';
  /** The field that is the record's key or value. */
  readonly role?: 'key' | 'value';
}

/** The selected row in full. */
export interface RowDetail {
  readonly row: InspectorRow;
  readonly fields: readonly RecordField[];
  /** The row's first bytes; further ones are asked for by offset. */
  readonly bytes: Uint8Array;
}

/** A label and its value in the editor's header line. */
export interface FileFact {
  readonly label: string;
  readonly value: string;
  readonly tone: 'plain' | 'good' | 'warning' | 'bad';
  /** Longer explanation for the tooltip. */
  readonly detail?: string;
}

export type LogColumn = 'operation' | 'sequence' | 'time' | 'expiry' | 'key' | 'value' | 'checksum' | 'state';

/** What is known of a file when it has been opened, before anything is indexed. */
export interface FileSummary {
  readonly fileName: string;
  readonly formatName: string;
  readonly sizeBytes: number;
  readonly facts: readonly FileFact[];
  readonly columns: readonly LogColumn[];
  /** Names of the operations that a row of this format may have. */
  readonly operations: readonly string[];
  /** Those of them that the filter offers. */
  readonly filterOperations: readonly string[];
  readonly groupNames: GroupNames;
  /** By which a store knows the file. */
  readonly segmentId?: number;
}

export interface DamageCount {
  readonly ranges: number;
  readonly bytes: number;
}

/** Rows that something quicker has told, before the file has been read and checked. */
export interface QuickIndexProgress {
  /** `hint file`, `chain of lengths`. */
  readonly source: string;
  /**
   * - `reading`: it is being read itself, and rows are still those read so far.
   * - `shown`: its rows are shown, while the file is read to check them.
   * - `agreed`, `differed`: the file has been read, and its rows are shown.
   * - `refused`: it does not belong to this file, or is damaged.
   */
  readonly state: 'reading' | 'shown' | 'agreed' | 'differed' | 'refused';
  /** How much of it has been read, 0 to 1. */
  readonly share: number;
}

/** Sent while the index grows, a few times a second, and when it is done. */
export interface IndexProgress {
  readonly rowCount: number;
  readonly recordCount: number;
  readonly indexedBytes: number;
  readonly sizeBytes: number;
  readonly done: boolean;
  /** Parallel to `FileSummary.operations`. */
  readonly operationCounts: readonly number[];
  readonly damage: DamageCount;
  readonly incompleteGroups: number;
  /** Absent: nothing tells the rows sooner, or there is nothing to say about it any more. */
  readonly quick?: QuickIndexProgress;
}

/** The overview strip: what stands where, in equal blocks from the start of the file. */
export interface Overview {
  readonly blockSizeBytes: number;
  readonly sizeBytes: number;
  /** Bytes of valid records by block. */
  readonly recordBytes: Float64Array;
  readonly damagedBytes: Float64Array;
  /** Bytes of live records by block; absent when no store says which are live. */
  readonly liveBytes?: Float64Array;
}
