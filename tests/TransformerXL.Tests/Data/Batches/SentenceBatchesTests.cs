using TransformerXL.Text;
using TransformerXL.Training.Batches;
using Xunit;

namespace TransformerXL.Tests.Data.Batches;

public sealed class SentenceBatchesTests
{
    private const int End = 0;

    [Fact]
    public void Every_stream_is_a_row_of_whole_sentences_each_after_an_end()
    {
        for (int round = 0; round < 60; round++)
        {
            Random random = new(round);
            int streams = random.Next(1, 5), length = random.Next(1, 30), extended = random.Next(0, 70);
            List<int[]> sentences = Sentences(random, 200);
            Dictionary<int, int[]> byFirst = sentences.Where(s => s.Length > 1).ToDictionary(s => s[0]);
            List<BatchReading.Segment> segments = Batches(sentences, streams, length, extended, (ulong)round).ReadToEnd();
            List<int> seen = [];
            for (int b = 0; b < streams; b++)
            {
                int[] targets = [.. segments.Targets(b)], inputs = [.. segments.Inputs(b)];
                // Every input is the id before its target; before the first of a sentence stands an end.
                Assert.Equal(targets.SkipLast(1).Prepend(End), inputs);
                for (int i = 0; i < targets.Length;)
                {
                    int[] sentence = targets[i] == End ? [End] : byFirst[targets[i]];
                    Assert.Equal(sentence.Take(targets.Length - i), targets.Skip(i).Take(sentence.Length));
                    i += sentence.Length;
                }

                seen.AddRange(targets.Where(id => id != End));
                Assert.Equal(
                    segments.Select((_, i) => inputs[Math.Max(0, (i * length) - extended)..(i * length)]), segments.Repeated(b));
            }

            Assert.Equal(seen.Count, seen.Distinct().Count());
        }
    }

    [Fact]
    public void What_is_dropped_is_less_than_a_segment_and_the_rest_of_a_sentence_for_each_stream()
    {
        List<int[]> sentences = Sentences(new Random(3), 500);
        int total = sentences.Sum(s => s.Length), longest = sentences.Max(s => s.Length);
        int read = Batches(sentences, 4, 16, 0, 9).ReadToEnd().Sum(s => s.Shape.TargetCount);
        Assert.InRange(total - read, 0, 4 * (16 + longest));
    }

    [Fact]
    public void Epochs_and_seeds_have_other_orders()
    {
        List<int[]> sentences = Sentences(new Random(3), 100);
        SentenceBatches batches = Batches(sentences, 2, 8, 0, 1);
        List<int> first = [.. batches.ReadToEnd().Targets(0)];
        batches.Seek(2, 0);
        Assert.NotEqual(first, batches.ReadToEnd().Targets(0));
        Assert.NotEqual(first, Batches(sentences, 2, 8, 0, 2).ReadToEnd().Targets(0));
        batches.Seek(1, 0);
        Assert.Equal(first, batches.ReadToEnd().Targets(0));
    }

    [Fact]
    public void Too_few_lines_are_named()
    {
        TokenFile tokens = TokenFile.FromIds([1, 1, 1, End, 1, 1, 1, 1, 1, 1], 2, name: "train");
        InputException error = Assert.Throws<InputException>(() => new SentenceBatches(tokens, End, 3, 2, 0, 1));
        Assert.Contains("the training text has 2 lines: too few for batch size 3", error.Message, StringComparison.Ordinal);
    }

    private static SentenceBatches Batches(List<int[]> sentences, int streams, int length, int extended, ulong seed)
    {
        int[] ids = [.. sentences.SelectMany(s => s)];
        return new SentenceBatches(TokenFile.FromIds(ids, ids.Max() + 1), End, streams, length, extended, seed);
    }

    /// <summary>Sentences in which no id but the end occurs twice.</summary>
    private static List<int[]> Sentences(Random random, int count)
    {
        int next = 1;
        return [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, random.Next(0, 40)).Select(_ => next++).Append(End).ToArray())];
    }
}
