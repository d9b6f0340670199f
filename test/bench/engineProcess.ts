/** One process: one group of workloads on one engine. The job comes as the first argument, the result goes to the parent. */

import { loadEngine } from './engines/loadEngine.ts';
import { Bench, type Job, type JobResult } from './measurement.ts';
import { WORKLOAD_GROUPS } from './workloads/groups.ts';
import { runPhysicalLimits } from './workloads/physicalLimits.ts';

const job = JSON.parse(process.argv[2] as string) as Job;
const engine = await loadEngine(job.engine);
const bench = new Bench(engine, job);
if (job.engine === 'limit') await runPhysicalLimits(bench);
else await WORKLOAD_GROUPS.find(({ name }) => name === job.group)?.run(bench);

const result: JobResult = { measurements: bench.measurements, state: bench.state };
process.send?.(result, () => process.disconnect());
