using TransformerXL.Tensors.Cpu.Parallel;
using Xunit;

namespace TransformerXL.Tensors.Tests.Parallel;

public sealed class ThreadTeamTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(16)]
    public void Every_task_of_thousands_of_jobs_is_done_once(int threads)
    {
        using ThreadTeam team = new(threads);
        int[] done = new int[64];
        for (int job = 0; job < 4000; job++)
        {
            int tasks = job % done.Length;
            CountBody body = new(done);
            team.Run(tasks, ref body);
            Assert.Equal(tasks, done.Sum());
            Assert.DoesNotContain(done, count => count > 1);
            Array.Clear(done);
        }
    }

    [Fact]
    public Task Teams_that_share_the_processors_do_not_disturb_each_other() =>
        Task.WhenAll(Enumerable.Range(0, 3).Select(_ => OnThreadOfItsOwn(() => Every_task_of_thousands_of_jobs_is_done_once(3))));

    [Fact]
    public void Workers_are_numbered_below_the_number_of_threads()
    {
        using ThreadTeam team = new(3);
        int[] tasksOfWorker = new int[3];
        WorkerBody body = new(tasksOfWorker);
        for (int job = 0; job < 500; job++)
        {
            team.Run(10, ref body);
        }

        Assert.Equal(5000, tasksOfWorker.Sum());
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(2, 9)]
    [InlineData(3, 3)]
    [InlineData(3, 16)]
    [InlineData(4, 2)]
    public void A_thread_begins_with_the_same_range_in_each_job(int threads, int tasks)
    {
        using ThreadTeam team = new(threads);
        int ranges = Math.Min(threads, tasks);
        int[] first = [.. Enumerable.Range(0, ranges).Select(range => tasks * range / ranges)];
        for (int job = 0; job < 50; job++)
        {
            using Barrier all = new(ranges);
            int[] workers = new int[tasks];
            RangesBody body = new(all, first, workers);
            team.Run(tasks, ref body);
            Assert.Equal(Enumerable.Range(0, ranges), first.Select(task => workers[task]));
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void An_exception_of_a_task_reaches_the_caller_and_the_team_works_on(int threads)
    {
        using ThreadTeam team = new(threads);
        for (int job = 0; job < 200; job++)
        {
            ThrowingBody throwing = new(job % 7);
            Assert.Equal($"task {job % 7}", Assert.Throws<InvalidOperationException>(() => team.Run(7, ref throwing)).Message);
            int[] done = new int[7];
            CountBody body = new(done);
            team.Run(7, ref body);
            Assert.Equal(7, done.Sum());
        }
    }

    [Fact]
    public async Task A_second_thread_is_refused_while_a_job_runs()
    {
        using ThreadTeam team = new(2);
        using ManualResetEventSlim inside = new(), leave = new();
        Task first = OnThreadOfItsOwn(() =>
        {
            WaitingBody body = new(inside, leave);
            team.Run(2, ref body);
        });
        inside.Wait();
        CountBody second = new(new int[2]);
        InvalidOperationException refused = Assert.Throws<InvalidOperationException>(() => team.Run(2, ref second));
        leave.Set();
        await first;
        Assert.Contains("two threads", refused.Message, StringComparison.Ordinal);
        team.Run(2, ref second);
    }

    [Fact]
    public void A_sleeping_team_wakes_and_works_together()
    {
        using ThreadTeam team = new(2);
        for (int nap = 0; nap < 5; nap++)
        {
            Thread.Sleep(20);
            using Barrier both = new(2);
            MeetingBody body = new(both);
            team.Run(2, ref body);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void A_job_makes_no_garbage(int threads)
    {
        using ThreadTeam team = new(threads);
        CountBody body = new(new int[8]);
        for (int job = 0; job < 100; job++)
        {
            team.Run(8, ref body);
        }

        // Waking a thread may allocate once when both meet at a lock; a job that made garbage would make some in every round.
        long least = long.MaxValue;
        for (int round = 0; round < 5; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int job = 0; job < 200; job++)
            {
                team.Run(8, ref body);
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        Assert.Equal(0, least);
    }

    [Fact]
    public void A_disposed_team_still_finishes_jobs_on_the_caller()
    {
        ThreadTeam team = new(3);
        team.Dispose();
        team.Dispose();
        int[] done = new int[5];
        CountBody body = new(done);
        team.Run(5, ref body);
        Assert.Equal(5, done.Sum());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(1025)]
    public void A_number_of_threads_out_of_range_is_refused_and_the_finalizer_survives_it(int threads)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ThreadTeam(threads));
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    private static Task OnThreadOfItsOwn(Action action) =>
        Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private readonly struct CountBody(int[] done) : IParallelBody
    {
        public void Invoke(int task, int worker) => Interlocked.Increment(ref done[task]);
    }

    private readonly struct WorkerBody(int[] tasksOfWorker) : IParallelBody
    {
        public void Invoke(int task, int worker) => Interlocked.Increment(ref tasksOfWorker[worker]);
    }

    private readonly struct ThrowingBody(int broken) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            if (task == broken)
            {
                throw new InvalidOperationException($"task {task}");
            }
        }
    }

    private readonly struct WaitingBody(ManualResetEventSlim inside, ManualResetEventSlim leave) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            inside.Set();
            leave.Wait();
        }
    }

    /// <summary>The first tasks of all ranges wait for each other, so that no thread can take those of others before.</summary>
    private readonly struct RangesBody(Barrier all, int[] first, int[] workers) : IParallelBody
    {
        public void Invoke(int task, int worker)
        {
            workers[task] = worker;
            if (first.Contains(task))
            {
                Assert.True(all.SignalAndWait(TimeSpan.FromMinutes(2)), "another thread did not come");
            }
        }
    }

    /// <summary>Two tasks that wait for each other can only end on two threads.</summary>
    private readonly struct MeetingBody(Barrier both) : IParallelBody
    {
        public void Invoke(int task, int worker) => Assert.True(both.SignalAndWait(TimeSpan.FromMinutes(2)), "the other thread did not come");
    }
}
