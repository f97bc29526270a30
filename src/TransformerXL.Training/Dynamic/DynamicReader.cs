using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;
using TransformerXL.Tensors.Optimizers;

namespace TransformerXL.Training.Dynamic;

/// <summary>
/// Reads segments with a copy of a model that takes one step after each of them: the loss of a segment is that of the weights before its step. Hidden states of the
/// memory stay as the earlier weights computed them (Krause et al. 2019).
/// </summary>
internal sealed class DynamicReader : ISegmentReader
{
    private const double MaxNats = 700;

    /// <summary>
    /// The largest gradient of the rule RMS, relative to those of the training text; a larger one is scaled to it. Texts like the training text have none (0.4 to 2.7 on tiny Shakespeare), but without a bound the steps
    /// of one unusual line can ruin the weights.
    /// </summary>
    private const double MaxRelativeGradient = 3;

    private readonly LanguageModel _trained;
    private readonly Tape _tape;
    private readonly ContextConfiguration _context;
    private readonly int _streams;
    private readonly Dictionary<Parameter, int> _places = [];
    private DynamicOptions _options = new() { LearningRate = 0, Decay = 0 };
    private AnchoredDescent? _descent;
    private DynamicText _text;

    /// <param name="trained">The trained model; it does not change.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="context">The lengths.</param>
    /// <param name="streams">B.</param>
    /// <param name="precision">Of the operands of products with weights.</param>
    public DynamicReader(LanguageModel trained, Backend backend, ContextConfiguration context, int streams, Precision precision = Precision.Float32)
    {
        (_trained, _context, _streams) = (trained, context, streams);
        Model = ModelWeights.Copy(trained);
        _tape = new Tape(backend, precision) { LendsMemory = true };
        _text = NewText(Model);
        for (int i = 0; i < Model.Parameters.Count; i++)
        {
            _places.Add(Model.Parameters[i], i);
        }
    }

    /// <inheritdoc/>
    public int SegmentsAtOnce => 1;

    /// <summary>The weights as they are now.</summary>
    public LanguageModel Model { get; }

    /// <summary>Begins anew with the trained weights and an empty memory.</summary>
    /// <param name="options">The rule.</param>
    /// <param name="statistics">Of the training text, for <see cref="DynamicRule.Rms"/>.</param>
    public void Restart(DynamicOptions options, GradientStatistics? statistics)
    {
        using BackendUse use = _tape.Backend.Enter();
        options.Validate();
        _options = options;
        ModelWeights.CopyValues(_trained, Model);
        Tensor Anchor(Parameter parameter) => _trained.Parameters[_places[parameter]].Value;
        if (options.Rule == DynamicRule.Rms)
        {
            Require.That(statistics is not null, $"the rule {DynamicRule.Rms} needs the statistics of gradients on the training text, and there are none");
            double mean = statistics!.Mean;
            _descent = new AnchoredDescent(Model.Parameters, _tape.Backend, Anchor, mean > 0 ? options.Decay / mean : 0, options.Epsilon * mean, parameter => statistics[_places[parameter]]);
        }
        else
        {
            _descent = new AnchoredDescent(Model.Parameters, _tape.Backend, Anchor, options.Decay);
        }

        _text = NewText(Model);
    }

    /// <summary>The trained weights and an empty memory for another text, which <see cref="Continue"/> selects.</summary>
    public DynamicText NewText() => NewText(ModelWeights.Copy(_trained));

    /// <summary>A copy of a text's weights, memory and optimizer state.</summary>
    public DynamicText Copy(DynamicText text)
    {
        DynamicText copy = new(ModelWeights.Copy(text.Model), text.Memory.Copy(), NewMoments()) { Segments = text.Segments };
        if (text.Moments is { } moments)
        {
            foreach ((OptimizerTensor from, OptimizerTensor to) in moments.State().Zip(copy.Moments!.State()))
            {
                from.Value.CopyTo(to.Value);
            }

            copy.Moments!.Steps = moments.Steps;
        }

        return copy;
    }

    /// <summary>Selects the text whose weights the next steps train.</summary>
    /// <param name="text">One that <see cref="NewText()"/> or <see cref="Copy"/> made with the options of now.</param>
    public void Continue(DynamicText text)
    {
        foreach ((Parameter own, Parameter followed) in Model.Parameters.Zip(text.Model.Parameters))
        {
            own.ShareValue(followed);
        }

        _text = text;
    }

    /// <inheritdoc/>
    /// <exception cref="TrainingDivergedException">The steps were too large.</exception>
    /// <exception cref="NotFiniteException">The loss of the first segment is not finite, because the trained weights are damaged or too large.</exception>
    public void Read(ReadOnlySpan<int> inputs, ReadOnlySpan<int> targets, Span<float> nll)
    {
        using BackendUse use = _tape.Backend.Enter();
        _tape.BeginTraining(0, 0);
        Variable hidden = Model.Forward(_tape, _tape.Allocate(inputs), _text.Memory, _context, default);
        Tensor perToken = _tape.Allocate(new Shape(targets.Length));
        Variable loss = Model.Loss(_tape, hidden, _tape.Allocate(targets), perToken);
        perToken.Span.CopyTo(nll);
        Check(loss.Value.Span[0], nll);
        _tape.Backward(loss);
        _text.Segments++;
        Step();
        GC.KeepAlive(this);
    }

    private DynamicText NewText(LanguageModel model) => new(model, model.CreateState(_context.MemoryLength, _streams), NewMoments());

    private Adam? NewMoments() =>
        _options.Rule == DynamicRule.Adam ? new Adam(Model.Parameters, new OptimizerOptions { Epsilon = _options.Epsilon }, _tape.Backend) : null;

    private void Step()
    {
        if (_text.Moments is not { } moments)
        {
            double size = _options.Rule == DynamicRule.Rms ? _descent!.RelativeGradient() : 0;
            _descent!.Step(_options.LearningRate, size > MaxRelativeGradient ? MaxRelativeGradient / size : 1);
            return;
        }

        // Adam's step does not depend on the weights, so that the order of both parts does not matter.
        _descent!.PullBack();
        moments.ZeroMissingGradients();
        moments.Step(_options.LearningRate);
    }

    private void Check(float mean, ReadOnlySpan<float> nll)
    {
        if (_text.Segments == 0)
        {
            FiniteLosses.Check(nll, _streams, 1, _trained);
        }
        else if (!(Math.Abs(mean) < MaxNats))
        {
            throw new TrainingDivergedException(FormattableString.Invariant(
                $"the loss of segment {_text.Segments + 1} is {mean:G4} nats per token: the steps of the rule {_options.Rule} with a learning rate of {_options.LearningRate:G4} are too large; a smaller learning rate or a larger decay takes smaller ones"));
        }
    }
}
