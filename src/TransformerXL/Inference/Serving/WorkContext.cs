using TransformerXL.Text;

namespace TransformerXL.Inference.Serving;

/// <summary>What jobs use on the scheduler's thread.</summary>
internal sealed class WorkContext(Vocabulary vocabulary, SessionPool pool, PrefixCache prefixes, SchedulerOptions options)
{
    private readonly int[] _ids = new int[options.Session.MaxSegment];

    public Vocabulary Vocabulary => vocabulary;

    public SessionPool Pool => pool;

    public PrefixCache Prefixes => prefixes;

    /// <summary>Tokens of a chunk.</summary>
    public int Chunk => options.Session.MaxSegment;

    /// <summary>Tokens between two checkpoints, a multiple of <see cref="Chunk"/>.</summary>
    public long Interval { get; } = (options.PrefixInterval + options.Session.MaxSegment - 1L) / options.Session.MaxSegment * options.Session.MaxSegment;

    public LogitRanking Ranking { get; } = new(vocabulary);

    /// <summary>Logits as the model gave them: (V).</summary>
    public float[] RawLogits { get; } = new float[vocabulary.Count];

    /// <summary>Room for the losses of a chunk.</summary>
    public float[] Losses { get; } = new float[options.Session.MaxSegment + 1];

    /// <summary>Room for the tokens of a chunk.</summary>
    public int[] Ids => _ids;
}
