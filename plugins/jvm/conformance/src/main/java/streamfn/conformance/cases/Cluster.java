package streamfn.conformance.cases;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;
import org.apache.flink.api.common.JobID;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.api.dag.Pipeline;
import org.apache.flink.client.deployment.executors.PipelineExecutorUtils;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.core.execution.CheckpointType;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.core.execution.PipelineExecutor;
import org.apache.flink.core.execution.PipelineExecutorFactory;
import org.apache.flink.core.execution.PipelineExecutorServiceLoader;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.runtime.minicluster.MiniClusterJobClient;
import org.apache.flink.runtime.minicluster.MiniClusterJobClient.JobFinalizationBehavior;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;

/** The one Flink cluster of this JVM: takes jobs, and their checkpoints when they are wanted. */
final class Cluster implements AutoCloseable {
    private static final int SLOTS = 32;

    private final MiniCluster flink;

    Cluster() throws Exception {
        Configuration configuration = Configuration.fromMap(Map.of(
                "rest.bind-port", "0", "taskmanager.memory.managed.size", "512m", "taskmanager.memory.network.min", "128m",
                "taskmanager.memory.network.max", "128m"));
        flink = new MiniCluster(new MiniClusterConfiguration.Builder()
                .setConfiguration(configuration)
                .setNumTaskManagers(1)
                .setNumSlotsPerTaskManager(SLOTS)
                .build());
        flink.start();
    }

    /** Jobs of one run: what is submitted is in the list. */
    StreamExecutionEnvironment environment(Configuration configuration, List<JobID> submitted) {
        configuration.setString("execution.target", "this cluster");
        return new StreamExecutionEnvironment(new Executors(submitted), configuration, Cluster.class.getClassLoader());
    }

    boolean isRunning(JobID job) {
        return !flink.getJobStatus(job).join().isGloballyTerminalState();
    }

    /** Takes a checkpoint, if all of the job runs by now. */
    boolean checkpoint(JobID job) {
        try {
            flink.triggerCheckpoint(job, CheckpointType.FULL).join();
            return true;
        } catch (CompletionException notYet) {
            return false;
        }
    }

    /** Why a job has failed; null if it has not. */
    Throwable failure(JobID job) {
        if (flink.getJobStatus(job).join() != JobStatus.FAILED) {
            return null;
        }
        return flink.requestJobResult(job).join().getSerializedThrowable()
                .<Throwable>map(failure -> failure.deserializeError(Cluster.class.getClassLoader()))
                .orElseGet(() -> new IllegalStateException("the job failed and does not say why"));
    }

    void cancel(List<JobID> jobs) {
        for (JobID job : jobs) {
            if (isRunning(job)) {
                flink.cancelJob(job).join();
            }
        }
        for (JobID job : jobs) {
            flink.requestJobResult(job).join();
        }
    }

    @Override
    public void close() {
        flink.closeAsync().join();
    }

    private final class Executors implements PipelineExecutorServiceLoader, PipelineExecutorFactory, PipelineExecutor {
        private final List<JobID> submitted;

        Executors(List<JobID> submitted) {
            this.submitted = submitted;
        }

        @Override
        public CompletableFuture<JobClient> execute(Pipeline pipeline, Configuration configuration, ClassLoader classes)
                throws Exception {
            StreamGraph job = PipelineExecutorUtils.getStreamGraph(pipeline, configuration);
            return flink.submitJob(job).thenApply(done -> {
                submitted.add(done.getJobID());
                return new MiniClusterJobClient(done.getJobID(), flink, classes, JobFinalizationBehavior.NOTHING);
            });
        }

        @Override
        public PipelineExecutor getExecutor(Configuration configuration) {
            return this;
        }

        @Override
        public PipelineExecutorFactory getExecutorFactory(Configuration configuration) {
            return this;
        }

        @Override
        public Stream<String> getExecutorNames() {
            return Stream.of(getName());
        }

        @Override
        public String getName() {
            return "this cluster";
        }

        @Override
        public boolean isCompatibleWith(Configuration configuration) {
            return true;
        }
    }
}
