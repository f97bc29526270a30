using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace TransformerXL.Tensors.Cpu.Parallel;

/// <summary>
/// Long-lived threads that share the tasks of one job at a time. The caller works too; a worker that the system has not
/// scheduled yet costs nothing, because tasks are claimed one by one and the caller takes those that are left.
/// Workers spin for a moment after a job, then sleep, so that an idle team burns no processor time.
/// </summary>
/// <remarks>One thread at a time may start jobs on a team.</remarks>
internal sealed unsafe class ThreadTeam : IDisposable
{
    // Created before the constructor may throw, because the finalizer runs even then.
    private readonly Shared _shared = new();
    private int _busy;

    public ThreadTeam(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, 1024);
        Threads = threads;
        for (int worker = 1; worker < threads; worker++)
        {
            int index = worker;
            Shared shared = _shared;
            new Thread(() => shared.Work(index)) { IsBackground = true, Name = $"TransformerXL worker {index}" }.Start();
        }
    }

    ~ThreadTeam() => _shared.Stop();

    /// <summary>The number of threads that work on a job, the caller included.</summary>
    public int Threads { get; }

    /// <summary>Runs tasks 0 to <paramref name="tasks"/> - 1 and returns when all are done.</summary>
    /// <exception cref="InvalidOperationException">Another thread is running a job on this team.</exception>
    public void Run<TBody>(int tasks, ref TBody body) where TBody : struct, IParallelBody
    {
        if (tasks <= 1 || Threads == 1)
        {
            for (int task = 0; task < tasks; task++)
            {
                body.Invoke(task, 0);
            }

            return;
        }

        if (Interlocked.Exchange(ref _busy, 1) != 0)
        {
            throw new InvalidOperationException("two threads used the same backend at once; give each its own");
        }

        try
        {
            // The caller's frame outlives the job, so that a pointer to the body on it stays good.
            _shared.Run(tasks, &Trampoline<TBody>, Unsafe.AsPointer(ref body));
        }
        finally
        {
            Volatile.Write(ref _busy, 0);
        }
    }

    public void Dispose()
    {
        _shared.Stop();
        GC.SuppressFinalize(this);
    }

    private static void Trampoline<TBody>(void* body, int task, int worker) where TBody : struct, IParallelBody =>
        Unsafe.AsRef<TBody>(body).Invoke(task, worker);

    /// <summary>The state that the threads reference; the team itself stays collectable while they sleep.</summary>
    [SuppressMessage("Design", "CA1001", Justification = "Threads may still be waking; a semaphore without a wait handle holds nothing to free.")]
    private sealed class Shared
    {
        private const int TaskBits = 20;
        private const ulong TaskMask = (1UL << TaskBits) - 1;

        private static readonly long SpinTicks = Stopwatch.Frequency / 20_000;

        private readonly SemaphoreSlim _wake = new(0);
        private delegate*<void*, int, int, void> _invoke;
        private void* _body;
        private Exception? _failure;

        // From the high bits: generation of the job, its number of tasks, the next task to take. A claim that succeeds
        // proves that the fields above, read before it, belong to the job that is still running.
        private ulong _claim;
        private int _done;
        private int _sleepers;
        private volatile bool _stopped;

        public void Run(int tasks, delegate*<void*, int, int, void> invoke, void* body)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(tasks, (int)TaskMask);
            _invoke = invoke;
            _body = body;
            Volatile.Write(ref _done, 0);
            ulong generation = (_claim >> (2 * TaskBits)) + 1;
            Interlocked.Exchange(ref _claim, ((generation << TaskBits) | (uint)tasks) << TaskBits);
            int sleepers = Interlocked.Exchange(ref _sleepers, 0);
            if (sleepers > 0)
            {
                _wake.Release(sleepers);
            }

            TakeTasks(0);
            SpinWait wait = default;
            while (Volatile.Read(ref _done) != tasks)
            {
                wait.SpinOnce(sleep1Threshold: -1);
            }

            if (_failure is { } failure)
            {
                _failure = null;
                ExceptionDispatchInfo.Throw(failure);
            }
        }

        public void Stop()
        {
            _stopped = true;
            _wake.Release(1024);
        }

        public void Work(int worker)
        {
            long idleSince = Stopwatch.GetTimestamp();
            while (!_stopped)
            {
                if (TakeTasks(worker))
                {
                    idleSince = Stopwatch.GetTimestamp();
                }
                else if (Stopwatch.GetTimestamp() - idleSince < SpinTicks)
                {
                    Thread.SpinWait(8);
                }
                else
                {
                    Sleep();
                    idleSince = Stopwatch.GetTimestamp();
                }
            }
        }

        private void Sleep()
        {
            Interlocked.Increment(ref _sleepers);
            if (IsExhausted(Volatile.Read(ref _claim)))
            {
                _wake.Wait();
            }
        }

        private static bool IsExhausted(ulong claim) => (claim & TaskMask) == ((claim >> TaskBits) & TaskMask);

        private bool TakeTasks(int worker)
        {
            bool any = false;
            while (true)
            {
                ulong claim = Volatile.Read(ref _claim);
                delegate*<void*, int, int, void> invoke = _invoke;
                void* body = _body;
                if (IsExhausted(claim))
                {
                    return any;
                }

                if (Interlocked.CompareExchange(ref _claim, claim + 1, claim) != claim)
                {
                    continue;
                }

                any = true;
                Invoke(invoke, body, (int)(claim & TaskMask), worker);
            }
        }

        private void Invoke(delegate*<void*, int, int, void> invoke, void* body, int task, int worker)
        {
            try
            {
                invoke(body, task, worker);
            }
            catch (Exception exception)
            {
                // Rethrown to the caller of the job, once all its tasks have ended.
                Interlocked.CompareExchange(ref _failure, exception, null);
            }

            Interlocked.Increment(ref _done);
        }
    }
}
