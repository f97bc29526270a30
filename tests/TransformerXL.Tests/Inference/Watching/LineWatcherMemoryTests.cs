using TransformerXL.Inference;
using TransformerXL.Inference.Watching;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Inference.Watching;

/// <summary>A log without end is read in constant memory. Runs when nothing else does, because the bytes of the whole process are counted.</summary>
[Collection(nameof(SteadyStateTests))]
public sealed class LineWatcherMemoryTests
{
    [Fact]
    public async Task Memory_does_not_grow_with_what_was_read()
    {
        using CpuBackend backend = new(threads: 1);
        ByteVocabulary vocabulary = new();
        LanguageModel model = LanguageModel.Create(new TransformerXLConfiguration { VocabularySize = vocabulary.Count, Layers = 1, ModelSize = 8, Heads = 1 }, seed: 5);
        WatchOptions options = new() { Scoring = new ScoringOptions { MemoryLength = 2, ChunkLength = 128 }, WarmUp = 1 };
        long early = 0, late = 0, lines = 0;
        await foreach (LineScore _ in new LineWatcher(model, vocabulary, backend, options).WatchAsync(new EndlessLog(400_000)))
        {
            lines++;
            if (lines == 500)
            {
                early = GC.GetTotalMemory(forceFullCollection: true);
            }
            else if (lines % 1000 == 0)
            {
                late = GC.GetTotalMemory(forceFullCollection: true);
            }
        }

        Assert.True(lines > 4000, $"{lines} lines");
        Assert.True(late - early < 1 << 20, $"{early:N0} bytes after 500 lines, {late:N0} at the end");
    }

    /// <summary>Lines of different lengths, some without an end for long; nothing of them is kept.</summary>
    private sealed class EndlessLog(long length) : MemoryStream
    {
        private readonly long _half = length / 2;
        private long _left = length;
        private uint _state = 1;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = (int)Math.Min(_left, buffer.Length);
            foreach (ref byte value in buffer.Span[..count])
            {
                _state = (_state * 1664525) + 1013904223;
                value = _left > _half && (_state >> 24) < 4 ? (byte)'\n' : (_state >> 24) < 2 ? (byte)'\n' : (byte)('a' + (_state >> 28));
            }

            _left -= count;
            return new ValueTask<int>(count);
        }
    }
}
