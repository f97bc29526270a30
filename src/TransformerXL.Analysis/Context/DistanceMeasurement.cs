using System.Numerics;
using TransformerXL.Files;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Text;
using TransformerXL.Training.Synthetic;

namespace TransformerXL.Analysis.Context;

/// <summary>Compares the losses of a model on a whole text with the lowest possible ones, by the distance of the answer.</summary>
public static class DistanceMeasurement
{
    /// <summary>0; 1; 2; 3 to 4; 5 to 8; and so on.</summary>
    private const int Classes = 33;

    private static readonly TimeSpan ReportInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>Reads the text once, as a <see cref="Scorer"/> does. The first character is not predicted.</summary>
    /// <param name="name">The name of the model.</param>
    /// <param name="model">The weights; dropout is off.</param>
    /// <param name="training">The lengths of training.</param>
    /// <param name="backend">The backend that computes.</param>
    /// <param name="text">The text; each token must be a character.</param>
    /// <param name="optimum">The loss of the best possible model on each character.</param>
    /// <param name="progress">Called about ten times a second, and at the end.</param>
    /// <param name="clock">Measures the time; the system's if null.</param>
    /// <param name="cancellationToken">Cancels the measurement, also within a segment.</param>
    /// <returns>The classes of distances that occur: 0 (no answer), 1, 2, 3 to 4, 5 to 8, ...</returns>
    /// <exception cref="InputException">The optimum belongs to another text.</exception>
    /// <exception cref="OperationCanceledException">The measurement was cancelled.</exception>
    public static IReadOnlyList<DistanceLoss> Measure(
        string name,
        LanguageModel model,
        ContextConfiguration training,
        Backend backend,
        TokenFile text,
        TextOptimum optimum,
        IProgress<ContextProgress>? progress = null,
        TimeProvider? clock = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(text);
        ArgumentNullException.ThrowIfNull(optimum);
        Require.That(
            text.Count == optimum.Count && text.Characters == text.Count,
            $"the optimum of {Counted.Of(optimum.Count, "character")} is not that of {text.Title}, which has {Counted.Of(text.Characters, "character")} in {Counted.Of(text.Count, "token")}");
        Require.That(text.Count > 1, $"{text.Title} has {Counted.Of(text.Count, "token")}; at least 2 are needed to predict one");
        clock ??= TimeProvider.System;
        ScoringOptions options = ScoringOptions.ForTrained(training);
        InferenceSession session = InferenceSession.Create(model, backend, options.Session());
        int[] ids = new int[options.ChunkLength + 1];
        float[] nll = new float[options.ChunkLength];
        (long[] counts, double[] optima, double[] losses) = (new long[Classes], new double[Classes], new double[Classes]);
        long start = clock.GetTimestamp(), reported = start;
        for (int first = 1; first < optimum.Count;)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int count = Math.Min(options.ChunkLength, optimum.Count - first);
            text.Read(first - 1, ids.AsSpan(0, count + 1));
            session.Advance(ids.AsSpan(0, count));
            session.NegativeLogLikelihood(ids.AsSpan(1, count), nll.AsSpan(0, count));
            for (int i = 0; i < count; i++)
            {
                int place = ClassOf(optimum.Distances[first + i]);
                counts[place]++;
                optima[place] += optimum.Nats[first + i];
                losses[place] += nll[i];
            }

            first += count;
            if (progress is not null && (first == optimum.Count || clock.GetElapsedTime(reported) >= ReportInterval))
            {
                reported = clock.GetTimestamp();
                progress.Report(new ContextProgress(name, first, optimum.Count, clock.GetElapsedTime(start)));
            }
        }

        return
        [
            .. from place in Enumerable.Range(0, Classes)
               where counts[place] > 0
               select new DistanceLoss(MinOf(place), MaxOf(place), counts[place], optima[place] / counts[place], losses[place] / counts[place]),
        ];
    }

    private static int ClassOf(int distance) => distance == 0 ? 0 : 1 + (distance == 1 ? 0 : BitOperations.Log2((uint)(distance - 1)) + 1);

    private static int MaxOf(int place) => place == 0 ? 0 : (int)Math.Min(1L << (place - 1), int.MaxValue);

    private static int MinOf(int place) => place < 2 ? place : (1 << (place - 2)) + 1;
}
