using System.Numerics.Tensors;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Text;
using Tensor = TransformerXL.Tensors.Memory.Tensor;

namespace TransformerXL.Training.Dynamic;

/// <summary>
/// The root of the mean squared gradient of each weight of a model on its training text, where each segment has one gradient (Krause et al. 2018, section 4.1).
/// <see cref="DynamicRule.Rms"/> divides by it.
/// </summary>
public sealed class GradientStatistics
{
    /// <summary>A long text is read in so many places, spread evenly over it.</summary>
    private const int MaxPlaces = 16;

    private static readonly TimeSpan s_reportInterval = TimeSpan.FromMilliseconds(100);

    private readonly Tensor[] _scales;

    /// <param name="scales">In the order of the model's parameters.</param>
    /// <param name="segments">Segments that were read.</param>
    internal GradientStatistics(Tensor[] scales, long segments)
    {
        (_scales, Segments) = (scales, segments);
        double sum = 0;
        long count = 0;
        foreach (Tensor scale in scales)
        {
            foreach (float value in scale.Span)
            {
                sum += value;
            }

            count += scale.Count;
        }

        Mean = sum / count;
        GC.KeepAlive(this);
    }

    /// <summary>The segments that were read.</summary>
    public long Segments { get; }

    /// <summary>The mean over all weights.</summary>
    public double Mean { get; }

    /// <summary>The scales of a parameter by its place in the model, of its shape.</summary>
    public Tensor this[int parameter] => _scales[parameter];

    /// <summary>The number of parameters.</summary>
    internal int Count => _scales.Length;

    /// <summary>Gathers the statistics. The model's weights do not change; its parameters have no gradient afterwards.</summary>
    /// <param name="model">The trained model.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="training">The text that it was trained on.</param>
    /// <param name="context">The lengths of segment and memory.</param>
    /// <param name="maxTokens">The most tokens that are read, spread over the text; 0 for all.</param>
    /// <param name="clock">Measures the time; the system's if null.</param>
    /// <param name="progress">Is told about ten times a second, and at the end.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="InputException">The text is too short, or of another vocabulary.</exception>
    /// <exception cref="NotFiniteException">A loss is not finite, because the weights are damaged or too large.</exception>
    public static GradientStatistics Gather(
        LanguageModel model, Backend backend, TokenFile training, ContextConfiguration context, long maxTokens = 0,
        TimeProvider? clock = null, IProgress<EvaluationProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(context);
        Require.That(
            training.VocabularySize == model.Configuration.VocabularySize,
            $"{training.Title} was made with a vocabulary of {training.VocabularySize} tokens, but the model has {model.Configuration.VocabularySize}");
        SegmentBatches batches = new(training, 1, context.TargetLength, context.ExtendedLength);
        clock ??= TimeProvider.System;
        Tensor[] sums = [.. model.Parameters.Select(parameter => Tensor.Allocate(parameter.Shape))];
        SegmentGradients gradients = new(model, backend, context);
        long start = clock.GetTimestamp(), reported = start, tokens = 0;
        int read = 0;
        double nll = 0;
        (int First, int Count)[] places = Places(batches.Count, maxTokens == 0 ? int.MaxValue : Math.Max(1, maxTokens / context.TargetLength));
        int total = places.Sum(place => place.Count);
        foreach ((int first, int count) in places)
        {
            gradients.Forget();
            for (int segment = first; segment < first + count; segment++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                (double loss, int targets) = gradients.AddSquares(batches, segment, sums);
                (read, tokens, nll) = (read + 1, tokens + targets, nll + (loss * targets));
                if (progress is not null && (read == total || clock.GetElapsedTime(reported) >= s_reportInterval))
                {
                    reported = clock.GetTimestamp();
                    progress.Report(new EvaluationProgress(read, total, tokens, nll, clock.GetElapsedTime(start)));
                }
            }
        }

        foreach (Tensor sum in sums)
        {
            TensorPrimitives.Divide(sum.Span, total, sum.Span);
            TensorPrimitives.Sqrt(sum.Span, sum.Span);
        }

        return new GradientStatistics(sums, total);
    }

    /// <summary>Runs of neighbouring segments: all of them in one, or parts of them spread evenly.</summary>
    private static (int First, int Count)[] Places(int segments, long max)
    {
        if (max >= segments)
        {
            return [(0, segments)];
        }

        int places = (int)Math.Min(max, MaxPlaces);
        return [.. Enumerable.Range(0, places).Select(place => ((int)((long)place * segments / places), (int)((((place + 1) * max) / places) - (place * max / places))))];
    }

    /// <summary>Adds the squared gradients of segments to sums.</summary>
    private sealed class SegmentGradients(LanguageModel model, Backend backend, ContextConfiguration context)
    {
        private readonly Tape _tape = new(backend) { LendsMemory = true };
        private readonly ModelState _state = model.CreateState(context.MemoryLength, 1);
        private int[] _inputs = [], _targets = [];

        public void Forget()
        {
            using BackendUse use = backend.Enter();
            _state.Clear();
        }

        public (double Loss, int Targets) AddSquares(SegmentBatches batches, int segment, Tensor[] sums)
        {
            SegmentShape max = batches.MaxShape;
            (_inputs, _targets) = _inputs.Length < max.InputCount ? (new int[max.InputCount], new int[max.TargetCount]) : (_inputs, _targets);
            SegmentShape shape = batches.Read(segment, _inputs, _targets);
            using BackendUse use = backend.Enter();
            _tape.BeginTraining(0, 0);
            Variable hidden = model.Forward(_tape, _tape.Allocate(_inputs.AsSpan(0, shape.InputCount)), _state, context, default);
            Variable loss = model.Loss(_tape, hidden, _tape.Allocate(_targets.AsSpan(0, shape.TargetCount)));
            float value = loss.Value.Span[0];
            FiniteLosses.CheckMean(value, $"segment {segment + 1} of the training text", model);
            _tape.Backward(loss);
            for (int i = 0; i < sums.Length; i++)
            {
                Parameter parameter = model.Parameters[i];
                if (parameter.HasGradient)
                {
                    ReadOnlySpan<float> gradient = parameter.Gradient.Span;
                    TensorPrimitives.FusedMultiplyAdd(gradient, gradient, sums[i].Span, sums[i].Span);
                    parameter.ClearGradient();
                }
            }

            GC.KeepAlive(this);
            return (value, shape.TargetCount);
        }
    }
}
