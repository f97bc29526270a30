using System.Diagnostics;

namespace TransformerXL.Inference.Serving;

/// <summary>
/// A request on its way through the scheduler: it waits for a place, reads its prompt chunk by chunk, and may write. But for
/// <see cref="RequestEnd"/> all members are used on the scheduler's thread once the job was submitted.
/// </summary>
internal abstract class Job(string client, string operation, int places, TimeSpan? timeout, InferenceSession? session)
{
    private int _requested;
    private ITimer? _timer;
    private CancellationTokenRegistration _registration;
    private Action? _attention;

    public string Client => client;

    public string Operation => operation;

    /// <summary>Places of <see cref="SchedulerOptions.MaxStreams"/> that it takes.</summary>
    public int Places => places;

    /// <summary>What reads; from the beginning in a conversation, otherwise from the time that the job has a place.</summary>
    public InferenceSession? Session { get; set; } = session;

    /// <summary>Whether the session belongs to a conversation, which remembers the text that was given out.</summary>
    public bool KeepsSession { get; } = session is not null;

    /// <summary>Whether a session reads; an encoder reads without one.</summary>
    public virtual bool NeedsSession => true;

    /// <summary>Whether the session is in no state that could be used further.</summary>
    public bool IsDamaged { get; set; }

    public ClientShares.Client? Share { get; set; }

    /// <summary>The order in which jobs have last read a chunk.</summary>
    public long LastTurn { get; set; }

    public long Submitted { get; private set; }

    public long Admitted { get; set; }

    public long? FirstResult { get; set; }

    public long LastResult { get; set; }

    public JobEnd End { get; set; }

    public Exception? Fault { get; set; }

    public Activity? Activity { get; set; }

    /// <summary>Runs on the scheduler's thread when the work is over, before the last results are delivered; those wait for the task.</summary>
    public Func<Job, Task>? Finishing { get; init; }

    /// <summary>What was asked of the job from outside: <see cref="JobEnd.Cancelled"/> or <see cref="JobEnd.Deadline"/>.</summary>
    public JobEnd Requested => (JobEnd)Volatile.Read(ref _requested);

    public CancellationToken Cancellation { get; private set; }

    /// <summary>Tokens of the prompt, the start token not counted.</summary>
    public abstract long PromptTokens { get; }

    /// <summary>Tokens that were read, the start token counted.</summary>
    public long ReadTokens { get; set; }

    public virtual long ReusedTokens => 0;

    public virtual long GeneratedTokens => 0;

    /// <summary>Tokens of the next chunk; 0 when the prompt has been read.</summary>
    public abstract int NextChunk { get; }

    /// <summary>Whether a slow reader makes it pause.</summary>
    public abstract bool IsFull { get; }

    /// <summary>Begins to watch the deadline and the cancellation.</summary>
    /// <param name="attention">Is called when one of them asks the job to end.</param>
    /// <param name="clock">Measures the time.</param>
    /// <param name="cancellationToken">Cancels the job.</param>
    public void Watch(Action attention, TimeProvider clock, CancellationToken cancellationToken)
    {
        (_attention, Submitted, Cancellation) = (attention, clock.GetTimestamp(), cancellationToken);
        if (timeout is { } time)
        {
            _timer = clock.CreateTimer(static job => ((Job)job!).RequestEnd(JobEnd.Deadline), this, time, Timeout.InfiniteTimeSpan);
        }

        _registration = cancellationToken.UnsafeRegister(static job => ((Job)job!).RequestEnd(JobEnd.Cancelled), this);
    }

    public void StopWatching()
    {
        _timer?.Dispose();
        _registration.Unregister();
    }

    /// <summary>Asks the job to end; the first reason counts.</summary>
    public void RequestEnd(JobEnd reason)
    {
        if (Interlocked.CompareExchange(ref _requested, (int)reason, (int)JobEnd.None) == (int)JobEnd.None)
        {
            _attention?.Invoke();
        }
    }

    /// <summary>The job has a place and a session.</summary>
    public virtual void Begin(WorkContext context)
    {
    }

    /// <summary>Reads the next chunk.</summary>
    public abstract void ReadChunk(WorkContext context);

    /// <summary>Trains the weights of a session that learns on the tokens just read.</summary>
    protected void Learn(int tokens)
    {
        if (Session!.Learner is not null)
        {
            Session.LearnFromLast(tokens);
        }
    }

    /// <summary>The prompt has been read.</summary>
    /// <returns>The continuations to be written; none if the job is complete.</returns>
    public virtual IReadOnlyList<Choice> Start(WorkContext context) => [];

    /// <summary>Gives sessions back that are not those of a conversation.</summary>
    public virtual void Release(WorkContext context)
    {
        if (!KeepsSession && Session is { } used)
        {
            Session = null;
            context.Pool.Return(used);
        }
    }

    /// <summary>Delivers the last results, and the reason of the end.</summary>
    public abstract void Deliver();

    /// <summary>The exception that explains to a client why its request has no last result; null if there is one.</summary>
    protected Exception? EndAsException() => End switch
    {
        JobEnd.Complete => null,
        JobEnd.Cancelled => new OperationCanceledException("the request was cancelled", Cancellation),
        JobEnd.Deadline => new TimeoutException($"the request was not complete after {timeout?.TotalSeconds:0.###} seconds, the time that it was given"),
        JobEnd.Stopped => new SchedulerStoppedException("the scheduler was stopped before the request was complete"),
        _ => Fault ?? new InvalidOperationException("the request failed"),
    };
}
