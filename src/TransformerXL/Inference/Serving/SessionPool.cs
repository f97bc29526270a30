using TransformerXL.Models;
using TransformerXL.Tensors;

namespace TransformerXL.Inference.Serving;

/// <summary>
/// Sessions of one model and size. Those that are given back are used again, so that native memory does not wait for the garbage collector.
/// It is used on the scheduler's thread only.
/// </summary>
internal sealed class SessionPool
{
    private readonly LanguageModel _model;
    private readonly InferenceSession? _empty;
    private readonly SessionLearning? _learning;
    private readonly Stack<InferenceSession> _free = new();
    private readonly int _kept;

    /// <param name="model">The weights.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="options">The sizes, and how sessions learn.</param>
    /// <param name="kept">How many free sessions are kept.</param>
    public SessionPool(LanguageModel model, Backend backend, SchedulerOptions options, int kept)
    {
        (_model, _learning, _kept) = (model, options.Learning, kept);
        _empty = model.Configuration.IsCausal ? InferenceSession.Create(model, backend, options.Session) : null;
    }

    /// <summary>Whether the model reads from left to right, so that it has sessions.</summary>
    public bool HasSessions => _empty is not null;

    /// <summary>A session that stays empty; its forks share the weights.</summary>
    /// <exception cref="InputException">The model reads in both directions.</exception>
    public InferenceSession Empty => _empty ?? throw Refusal();

    /// <summary>Bytes of one session; 0 where there are none.</summary>
    public long SessionBytes => _empty?.MemoryBytes ?? 0;

    /// <summary>Bytes of one session that learns.</summary>
    public long LearningBytes => SessionBytes + (_learning?.SessionBytes ?? 0);

    /// <summary>More bytes than this no saved session has.</summary>
    public long MaxFileBytes => _empty is null ? 0 : SessionFile.MaxBytes(_empty) + (_learning?.MaxFileBytes ?? 0);

    /// <summary>A session that has read nothing.</summary>
    public InferenceSession Rent()
    {
        if (!_free.TryPop(out InferenceSession? session))
        {
            return Empty.Fork();
        }

        session.Reset();
        return session;
    }

    /// <summary>A session that has read nothing and will learn from what it reads.</summary>
    /// <exception cref="LearningUnavailableException">Sessions do not learn here.</exception>
    public InferenceSession RentLearning()
    {
        InferenceSession session = Rent();
        session.BeginLearning((_learning ?? throw Unavailable()).Create());
        return session;
    }

    /// <summary>A session that remembers what another one does and, if that learns, goes on learning independently.</summary>
    public InferenceSession RentFork(InferenceSession original)
    {
        InferenceSession fork = RentCopy(original);
        if (original.Learner is { } learner)
        {
            fork.BeginLearning(learner.Copy());
        }

        return fork;
    }

    /// <summary>A session that remembers what another one does. It reads with the weights of that one, which must not learn meanwhile.</summary>
    public InferenceSession RentCopy(InferenceSession original)
    {
        if (!original.SharesWeightsWith(Empty))
        {
            return original.Fork();
        }

        InferenceSession copy = _free.TryPop(out InferenceSession? session) ? session : Empty.Fork();
        copy.Assign(original);
        return copy;
    }

    public void Return(InferenceSession session)
    {
        if (_free.Count < _kept && session.SharesWeightsWith(Empty))
        {
            _free.Push(session);
        }
    }

    /// <summary>A session that learns is asked for where sessions do not.</summary>
    public static LearningUnavailableException Unavailable() => new("the session learns from what it reads, and here sessions do not");

    private InputException Refusal() => LanguageModel.NotCausal(_model.Configuration, "generate a text or read one from left to right");
}
