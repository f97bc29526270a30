namespace TransformerXL.Training;

/// <summary>The state after some steps; sums and rates are over the steps since the last such report.</summary>
public sealed record StepReport : TrainingReport
{
    /// <summary>Optimizer steps in all.</summary>
    public required long Steps { get; init; }

    /// <summary>Passes over the training text that have begun, from 1.</summary>
    public required int Epoch { get; init; }

    /// <summary>Tokens learned from since the beginning of the run.</summary>
    public required long TokensSeen { get; init; }

    /// <summary>Mean training loss in nats per token.</summary>
    public required double Loss { get; init; }

    /// <summary>Whether the loss is that of a token; that of a task on examples is of a text, a word or a question, and of numbers not even in nats.</summary>
    internal bool IsPerToken { get; init; } = true;

    /// <summary>Bytes of text for each token that the loss is of; null where they are not known, as for words.</summary>
    public double? BytesPerToken { get; init; }

    /// <summary>Mean training loss in bits per byte; null where the bytes are not known.</summary>
    public double? BitsPerByte => Loss / Math.Log(2) / BytesPerToken;

    /// <summary>The learning rate of the last step.</summary>
    public required double LearningRate { get; init; }

    /// <summary>The gradient norm of the last step, before clipping.</summary>
    public required double GradientNorm { get; init; }

    /// <summary>Tokens learned from, per second.</summary>
    public required double TokensPerSecond { get; init; }

    /// <summary>Arithmetic that the model needs, 10^9 operations per second; recomputed values count once.</summary>
    public required double Gigaflops { get; init; }

    /// <summary>Time of training so far, over all resumptions.</summary>
    public required TimeSpan Elapsed { get; init; }

    /// <summary>Time left at the present rate, with the validations to come as long as the last one took; the first is not known before.</summary>
    public required TimeSpan Remaining { get; init; }
}
