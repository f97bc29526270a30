using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;

namespace TransformerXL.Training.Dynamic;

/// <summary>
/// Sessions whose weights are trained on the text they read, by a <see cref="DynamicRule"/>. All sessions share the gradients and the working memory; each has its own weights, training memory and
/// optimizer state.
/// </summary>
public sealed class DynamicSessionLearning : SessionLearning
{
    private readonly DynamicReader _reader;
    private readonly float[] _nll;

    /// <summary>Prepares the steps of all sessions.</summary>
    /// <param name="model">The trained model, which stays as it is.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="context">The lengths of segment and memory that the steps are computed with.</param>
    /// <param name="options">The rule.</param>
    /// <param name="statistics">Of the training text; needed by <see cref="DynamicRule.Rms"/> alone.</param>
    /// <exception cref="InputException">An option is not valid, or the rule lacks its statistics, or the model is not causal.</exception>
    public DynamicSessionLearning(LanguageModel model, Backend backend, ContextConfiguration context, DynamicOptions options, GradientStatistics? statistics = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(options);
        model.RequireCausal("learn from a text by its next token");
        context = context with { ExtendedLength = 0 };
        context.Validate();
        _reader = new DynamicReader(model, backend, context, 1);
        _reader.Restart(options, statistics);
        (Rule, TargetLength, _nll) = (options.Rule, context.TargetLength, new float[context.TargetLength]);
        SessionBytes = BytesOf(model, context, options.Rule);
        // Files of every rule are read, so that the error of another one can name it.
        MaxFileBytes = BytesOf(model, context, DynamicRule.Adam) + DynamicSessionLearner.MaxHeaderBytes(model, TargetLength);
    }

    /// <inheritdoc/>
    public override long SessionBytes { get; }

    internal override long MaxFileBytes { get; }

    /// <summary>The rule of the steps.</summary>
    internal DynamicRule Rule { get; }

    /// <summary>Tokens of a segment.</summary>
    internal int TargetLength { get; }

    internal override SessionLearner Create() => new DynamicSessionLearner(this, _reader.NewText());

    /// <summary>The <see cref="SessionBytes"/> of a model, which are known without the statistics of a rule.</summary>
    internal static long BytesOf(LanguageModel model, ContextConfiguration context, DynamicRule rule)
    {
        // Inference keeps a form of the weights beside them, which it prepares anew after each step.
        int copies = rule == DynamicRule.Adam ? 4 : 2;
        return (copies * model.Parameters.Sum(parameter => parameter.Value.Count) * sizeof(float)) + model.CreateState(context.MemoryLength, 1).Bytes;
    }

    /// <summary>A copy of a text's state.</summary>
    internal DynamicText Copy(DynamicText text) => _reader.Copy(text);

    /// <summary>Takes a step after a segment.</summary>
    /// <exception cref="TrainingDivergedException">The steps were too large.</exception>
    internal void Step(DynamicText text, ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets)
    {
        _reader.Continue(text);
        _reader.Read(inputs, targets, _nll);
    }
}
