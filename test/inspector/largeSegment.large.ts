/** The large segment's tests on a file of almost 4 GiB, the most that a segment can have: `npm run test:large`. */
process.env['STRATA_LARGE_SEGMENT_MB'] ??= '4095';
await import('./largeSegment.test.ts');

export {};
