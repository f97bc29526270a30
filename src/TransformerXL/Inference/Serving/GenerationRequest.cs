using TransformerXL.Inference.Sampling;

namespace TransformerXL.Inference.Serving;

/// <summary>A prompt to be continued. Lengths are in tokens.</summary>
public sealed record GenerationRequest
{
    /// <summary>The text to continue. In a new session it is read after the <see cref="StartToken"/>.</summary>
    public required Prompt Prompt { get; init; }

    /// <summary>How each token is drawn.</summary>
    public SamplingOptions Sampling { get; init; } = new();

    /// <summary>Subtracted from the logits of every token that this continuation has written already; 0 for none.</summary>
    public double PresencePenalty { get; init; }

    /// <summary>Subtracted from the logits of a token once for each time that this continuation has written it; 0 for none.</summary>
    public double FrequencyPenalty { get; init; }

    /// <summary>Added to the logits of tokens, by id; minus infinity excludes a token.</summary>
    public IReadOnlyDictionary<int, double> LogitBias { get; init; } = new Dictionary<int, double>();

    /// <summary>The maximum number of tokens of each continuation; 0 reads (and scores) the prompt only; null for no maximum.</summary>
    public long? MaxTokens { get; init; } = 500;

    /// <summary>No token that ends the text is drawn before this many tokens; stop strings end it nevertheless.</summary>
    public long MinTokens { get; init; }

    /// <summary>Sample i draws with this seed plus i, so that it can be repeated alone.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Continuations of the prompt, which is read once; each takes a place of <see cref="SchedulerOptions.MaxStreams"/>. In a conversation it must be 1.</summary>
    public int Samples { get; init; } = 1;

    /// <summary>Strings that end the text.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>Whether the stop string or the text of the stop token is given out too.</summary>
    public bool IncludesStop { get; init; }

    /// <summary>Tokens that end the text.</summary>
    public IReadOnlyList<int> StopTokens { get; init; } = [];

    /// <summary>Whether the end of text of the vocabulary ends the text; without effect where the vocabulary has none.</summary>
    public bool StopsAtEndOfText { get; init; } = true;

    /// <summary>
    /// Null: no log-probabilities. Otherwise each token carries its own log-probability and this many of the most probable tokens at its
    /// place. They are those of the model, before penalties, bias, temperature and filters.
    /// </summary>
    public int? TopLogProbabilities { get; init; }

    /// <summary>
    /// Whether the tokens of the prompt are given first, with log-probabilities equal to those of a <see cref="Scorer"/>
    /// (<see cref="TopLogProbabilities"/> says how many alternatives).
    /// </summary>
    public bool ScoresPrompt { get; init; }

    /// <summary>Whether the end of the prompt is healed; see <see cref="GenerationOptions.HealsPrompt"/>.</summary>
    public bool HealsPrompt { get; init; }

    /// <summary>Who asks: requests of different clients get fair shares. A key should be hashed before it is used as a name.</summary>
    public string Client { get; init; } = "";

    /// <summary>Time from the request to its end; null for no limit.</summary>
    public TimeSpan? Timeout { get; init; }

    /// <summary>The value of <c>gen_ai.operation.name</c> in metrics and traces, such as <c>text_completion</c> or <c>chat</c>.</summary>
    public string Operation { get; init; } = "text_completion";
}
