using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Text;

namespace TransformerXL.Training.Dynamic;

/// <summary>
/// Measures how well a model predicts a text that it goes on learning from while it reads: after each segment one step by a <see cref="DynamicRule"/>
/// (Krause, Kahembwe, Murray and Renals 2018, "Dynamic evaluation of neural sequence models"; 2019, "Dynamic evaluation of Transformer language models"). No token is
/// learned from before it was predicted, so the result is that of a valid predictor. The steps are taken by a copy; the model does not change. The same bits with any number of
/// threads and on every instruction set.
/// </summary>
public sealed class DynamicEvaluator
{
    private readonly LanguageModel _model;
    private readonly Backend _backend;
    private readonly Evaluator _evaluator;
    private DynamicReader? _reader;
    private (ContextConfiguration, int, Precision) _sizes;

    /// <summary>Creates an evaluator.</summary>
    /// <param name="model">The trained weights; dropout is off.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="vocabulary">Counts bytes and characters exactly, see <see cref="Evaluator"/>.</param>
    /// <param name="clock">Measures the time; the system's if null.</param>
    /// <exception cref="InputException">The vocabulary is not of the model's size.</exception>
    public DynamicEvaluator(LanguageModel model, Backend backend, Vocabulary? vocabulary = null, TimeProvider? clock = null)
    {
        _evaluator = new Evaluator(model, backend, vocabulary, clock);
        (_model, _backend) = (model, backend);
    }

    /// <summary>Evaluates a text. Each call begins with the trained weights.</summary>
    /// <param name="tokens">The text.</param>
    /// <param name="options">The context and the number of streams, which share the weights: the gradient is of the mean over all of them.</param>
    /// <param name="dynamic">The rule.</param>
    /// <param name="statistics">Of the training text; needed by <see cref="DynamicRule.Rms"/> alone.</param>
    /// <param name="progress">Is told about ten times a second, and at the end.</param>
    /// <param name="cancellationToken">Ends the evaluation.</param>
    /// <exception cref="InputException">An option is not valid, the text is too short, or it belongs to another vocabulary.</exception>
    /// <exception cref="TrainingDivergedException">A loss is not finite after a step; a smaller rate is needed.</exception>
    /// <exception cref="NotFiniteException">A loss is not finite before any step, because the weights are damaged or too large.</exception>
    /// <exception cref="OperationCanceledException">The evaluation was cancelled.</exception>
    public EvaluationResult Evaluate(
        TokenFile tokens, EvaluationOptions options, DynamicOptions dynamic, GradientStatistics? statistics = null,
        IProgress<EvaluationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(dynamic);
        options.Validate();
        dynamic.Validate();
        Require.That(options.Precision != Precision.Int8, "precision is Int8, but must be one that has gradients, Float32 or Bfloat16, because the weights take steps", nameof(options.Precision));
        DynamicReader reader = ReaderFor(options.ContextFor(tokens), options);
        reader.Restart(dynamic, statistics);
        return _evaluator.Evaluate(tokens, options, reader, progress, cancellationToken);
    }

    /// <summary>The reader of the last call where the sizes are the same: its copy of the model and its tape are used again.</summary>
    private DynamicReader ReaderFor(ContextConfiguration context, EvaluationOptions options)
    {
        (ContextConfiguration, int, Precision) sizes = (context, options.BatchSize, options.Precision);
        if (_reader is null || _sizes != sizes)
        {
            (_reader, _sizes) = (new DynamicReader(_model, _backend, context, options.BatchSize, options.Precision), sizes);
        }

        return _reader;
    }
}
