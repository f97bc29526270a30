using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace TransformerXL.Tensors.Cpu.Parallel;

/// <summary>
/// Long-lived threads that share the tasks of one job at a time. Each thread begins with a range of its own, the same in every
/// job of as many tasks, so that it finds in its caches what it read or wrote there before; then it takes what is left of the
/// others' ranges. The caller works too, and a worker that the system has not scheduled yet costs nothing.
/// Workers spin for a moment after a job, then sleep, so that an idle team burns no processor time.
/// </summary>
/// <remarks>One thread at a time may start jobs on a team.</remarks>
internal sealed unsafe class ThreadTeam : IDisposable
{
    private readonly Shared _shared;
    private int _busy;

    public ThreadTeam(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threads, 1024);
        Threads = threads;
        _shared = new Shared(threads);
        for (int worker = 1; worker < threads; worker++)
        {
            int index = worker;
            Shared shared = _shared;
            new Thread(() => shared.Work(index)) { IsBackground = true, Name = $"TransformerXL worker {index}" }.Start();
        }
    }

    // The finalizer runs even if the constructor threw.
    ~ThreadTeam() => _shared?.Stop();

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
    private sealed class Shared(int threads)
    {
        private const int TaskBits = 20;
        private const ulong TaskMask = (1UL << TaskBits) - 1;

        private static readonly long SpinTicks = Stopwatch.Frequency / 20_000;

        private readonly SemaphoreSlim[] _wake = [.. Enumerable.Range(0, threads).Select(_ => new SemaphoreSlim(0))];
        private readonly Seat[] _seats = new Seat[threads];
        private delegate*<void*, int, int, void> _invoke;
        private void* _body;
        private Exception? _failure;
        private ulong _generation;
        private int _done;
        private volatile bool _stopped;

        public void Run(int tasks, delegate*<void*, int, int, void> invoke, void* body)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(tasks, (int)TaskMask);
            _invoke = invoke;
            _body = body;
            Volatile.Write(ref _done, 0);
            _generation++;
            int workers = Math.Min(tasks, threads);
            ulong first = 0;
            for (int worker = 0; worker < workers; worker++)
            {
                ulong end = (ulong)tasks * ((uint)worker + 1) / (uint)workers;
                Volatile.Write(ref _seats[worker].Claim, (((_generation << TaskBits) | end) << TaskBits) | first);
                first = end;
            }

            Interlocked.MemoryBarrier();
            for (int worker = 1; worker < workers; worker++)
            {
                if (_seats[worker].Sleeps != 0 && Interlocked.Exchange(ref _seats[worker].Sleeps, 0) != 0)
                {
                    _wake[worker].Release();
                }
            }

            TakeTasks(0, 0);
            TakeTasksOfOthers(0);
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
            foreach (SemaphoreSlim wake in _wake)
            {
                wake.Release();
            }
        }

        public void Work(int worker)
        {
            long idleSince = Stopwatch.GetTimestamp();
            while (!_stopped)
            {
                if (TakeTasks(worker, worker))
                {
                    TakeTasksOfOthers(worker);
                    idleSince = Stopwatch.GetTimestamp();
                }
                else if (Stopwatch.GetTimestamp() - idleSince < SpinTicks)
                {
                    Thread.SpinWait(8);
                }
                else
                {
                    Sleep(worker);
                    idleSince = Stopwatch.GetTimestamp();
                }
            }
        }

        private void Sleep(int worker)
        {
            Interlocked.Exchange(ref _seats[worker].Sleeps, 1);
            if (IsExhausted(Volatile.Read(ref _seats[worker].Claim)) && !_stopped)
            {
                _wake[worker].Wait();
            }
        }

        private static bool IsExhausted(ulong claim) => (claim & TaskMask) == ((claim >> TaskBits) & TaskMask);

        private void TakeTasksOfOthers(int worker)
        {
            for (int other = 1; other < threads; other++)
            {
                TakeTasks((worker + other) % threads, worker);
            }
        }

        /// <summary>Runs tasks of a range until none is left: the first ones of the worker's own, the last ones of another's.</summary>
        private bool TakeTasks(int range, int worker)
        {
            bool any = false;
            while (true)
            {
                ulong claim = Volatile.Read(ref _seats[range].Claim);
                delegate*<void*, int, int, void> invoke = _invoke;
                void* body = _body;
                if (IsExhausted(claim))
                {
                    return any;
                }

                ulong rest = range == worker ? claim + 1 : claim - (1UL << TaskBits);
                if (Interlocked.CompareExchange(ref _seats[range].Claim, rest, claim) != claim)
                {
                    continue;
                }

                any = true;
                Invoke(invoke, body, (int)((range == worker ? claim : rest >> TaskBits) & TaskMask), worker);
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

    /// <summary>Where one thread finds its work. The seats of two threads lie in cache lines, and pairs of lines, of their own.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Seat
    {
        /// <summary>
        /// The range of the thread, from the high bits: generation of the job, the end of the range, its next task. A claim that
        /// succeeds proves that the fields read before it belong to the job that is still running.
        /// </summary>
        [FieldOffset(0)]
        public ulong Claim;

        /// <summary>1 from the moment at which the thread goes to sleep until a job wakes it.</summary>
        [FieldOffset(8)]
        public int Sleeps;
    }
}
