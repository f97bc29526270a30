using System.Diagnostics;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors;
using TransformerXL.Tensors.Cpu;

namespace TransformerXL.Load;

/// <summary>What steps of a number of sessions took.</summary>
/// <param name="Streams">The number of sessions.</param>
/// <param name="Best">Tokens per second of the fastest step: what the machine does while other programs leave it alone.</param>
/// <param name="Median">Tokens per second of the step in the middle.</param>
/// <param name="Processor">Processor time of the process for each token in seconds, in the step in the middle.</param>
internal sealed record StepMeasurement(int Streams, double Best, double Median, double Processor);

/// <summary>Sessions of one model step together: each reads a token, and the most probable next one is taken from its logits.</summary>
internal sealed class StepBench
{
    private readonly InferenceSession _session;
    private readonly int _vocabulary;

    public StepBench(CpuBackend backend, Precision precision, int memory)
    {
        TransformerXLModel model = new(new TransformerXLConfiguration
        {
            VocabularySize = 205,
            Layers = 4,
            ModelSize = 256,
            Heads = 4,
            HeadSize = 64,
            InnerSize = 1024,
            EmbeddingSize = 256,
        });
        _vocabulary = model.Configuration.VocabularySize;
        _session = InferenceSession.Create(model, backend, new InferenceOptions { MemoryLength = memory, MaxSegment = 128, Precision = precision });
        int[] ids = new int[128];
        for (int read = 0; read < memory; read += ids.Length)
        {
            for (int i = 0; i < ids.Length; i++)
            {
                ids[i] = (read + (i * 7)) % _vocabulary;
            }

            _session.Advance(ids, results: 1);
        }
    }

    public IReadOnlyList<StepMeasurement> Measure(IReadOnlyList<int> streams, int rounds, TimeSpan time)
    {
        Group[] groups = [.. streams.Select(count => new Group(_session, count, _vocabulary))];
        for (int round = -1; round < rounds; round++)
        {
            foreach (Group group in groups)
            {
                // The first round compiles the code and is not counted.
                group.Run(time, counts: round >= 0);
            }
        }

        return [.. groups.Select(group => group.Result())];
    }

    private sealed class Group(InferenceSession session, int count, int vocabulary)
    {
        private readonly SessionBatch _batch = new(session, count);
        private readonly InferenceSession[] _sessions = [.. Enumerable.Range(0, count).Select(_ => session.Fork())];
        private readonly int[] _tokens = [.. Enumerable.Range(0, count)];
        private readonly List<double> _seconds = [];
        private readonly List<double> _processor = [];

        public void Run(TimeSpan time, bool counts)
        {
            TimeSpan processor = Environment.CpuUsage.TotalTime;
            for (long begin = Stopwatch.GetTimestamp(), last = begin; Stopwatch.GetElapsedTime(begin) < time;)
            {
                Step();
                long now = Stopwatch.GetTimestamp();
                TimeSpan used = Environment.CpuUsage.TotalTime;
                if (counts)
                {
                    _seconds.Add(Stopwatch.GetElapsedTime(last, now).TotalSeconds);
                    _processor.Add((used - processor).TotalSeconds);
                }

                processor = used;
                last = Stopwatch.GetTimestamp();
            }
        }

        public StepMeasurement Result()
        {
            _seconds.Sort();
            _processor.Sort();
            return new StepMeasurement(count, count / _seconds[0], count / _seconds[_seconds.Count / 2], _processor[_processor.Count / 2] / count);
        }

        private void Step()
        {
            _batch.Advance(_sessions, _tokens);
            ReadOnlySpan<float> logits = _batch.Logits().Span;
            for (int i = 0; i < count; i++)
            {
                _tokens[i] = System.Numerics.Tensors.TensorPrimitives.IndexOfMax(logits.Slice(i * vocabulary, vocabulary));
            }
        }
    }
}
