using TransformerXL.Text;

namespace TransformerXL.Inference.Serving;

/// <summary>Scores a text in the chunks of a <see cref="Scorer"/>: each token is predicted by the one before it.</summary>
internal sealed class ScoreJob : Job
{
    private readonly ScoreRequest _request;
    private readonly Vocabulary _vocabulary;
    private readonly int[] _targets;
    private readonly int? _start;
    private readonly int _chunk;
    private int _scored;

    /// <param name="request">What is asked.</param>
    /// <param name="vocabulary">Names tokens.</param>
    /// <param name="targets">The text.</param>
    /// <param name="start">The start token; null in a conversation that has read something.</param>
    /// <param name="chunk">Tokens of a chunk.</param>
    /// <param name="session">That of a conversation, or null.</param>
    /// <param name="results">Takes the scores.</param>
    public ScoreJob(ScoreRequest request, Vocabulary vocabulary, int[] targets, int? start, int chunk, InferenceSession? session, ResultStream<TokenScore> results)
        : base(request.Client, request.Operation, 1, request.Timeout, session) =>
        (_request, _vocabulary, _targets, _start, _chunk, Results) = (request, vocabulary, targets, start, chunk, results);

    public ResultStream<TokenScore> Results { get; }

    public override long PromptTokens => _targets.Length;

    public override int NextChunk => Math.Min(Math.Min(_chunk, Session?.Learner?.Room ?? int.MaxValue), _targets.Length - _scored);

    public override bool IsFull => Results.IsFull;

    public override void ReadChunk(WorkContext context)
    {
        if (KeepsSession)
        {
            ReadIntoConversation(context);
            return;
        }

        ReadOnlySpan<int> targets = _targets.AsSpan(_scored, NextChunk);
        Span<int> inputs = context.Ids.AsSpan(0, targets.Length);
        inputs[0] = _scored == 0 ? _start!.Value : _targets[_scored - 1];
        targets[..^1].CopyTo(inputs[1..]);
        Session!.Advance(inputs);
        ChunkScores.After(context, Session, targets, _request.Top, Add);
        ReadTokens += targets.Length;
    }

    /// <summary>A conversation has read everything, so that its last state predicts the first token, and the last token is read too.</summary>
    private void ReadIntoConversation(WorkContext context)
    {
        ReadOnlySpan<int> targets = _targets.AsSpan(_scored, NextChunk);
        if (Session!.Tokens == 0)
        {
            Session.Advance([_start!.Value], results: 1);
        }

        ChunkScores.After(context, Session, targets[..1], _request.Top, Add);
        Session.Advance(targets);
        if (targets.Length > 1)
        {
            ChunkScores.AfterFirst(context, Session, targets[1..], _request.Top, Add);
        }

        Learn(targets.Length);
        ReadTokens += targets.Length;
    }

    public override void Deliver() => Results.Complete(EndAsException());

    private void Add(int id, float nll, IReadOnlyList<TokenProbability> top)
    {
        Results.Add(new TokenScore(_scored, id, _vocabulary.Describe(id), nll) { Top = top });
        _scored++;
    }
}
