using System.Text;
using TransformerXL.Inference;
using TransformerXL.Inference.Sampling;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Text;
using TransformerXL.Text.BytePairs;
using Xunit;

namespace TransformerXL.Tests.Inference;

/// <summary>A session that goes on after a text remembers what was handed out, without the stop string.</summary>
public sealed class StopMemoryTests : IDisposable
{
    private readonly CpuBackend _backend = new(threads: 1);
    private readonly ByteVocabulary _bytes = new();

    public void Dispose() => _backend.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("a<b")]
    [InlineData("<<<")]
    public void The_session_is_as_if_only_the_text_before_the_stop_string_had_been_read(string before)
    {
        InferenceSession session = NewSession(_bytes), expected = session.Fork();
        Write(session, Copies(out List<InferenceSession> copies), before + "<END>", "<END>", out StopMemory memory);
        foreach (byte value in Encoding.UTF8.GetBytes(before))
        {
            expected.Advance([value], results: 1);
        }

        Assert.Equal((expected.Tokens, 0), (session.Tokens, memory.Copies));
        Assert.Equal(expected.Logits().Span.ToArray(), session.Logits().Span.ToArray());
        Assert.NotEmpty(copies);
    }

    [Fact]
    public void A_text_that_begins_a_stop_string_for_ever_needs_two_copies_and_few_tokens()
    {
        InferenceSession session = NewSession(_bytes), expected = session.Fork();
        int copies = 0, most = 0;
        StopMatcher matcher = new(["aaaab"]);
        StopMemory memory = new(session, _bytes, original =>
        {
            copies++;
            return original.Fork();
        }, _ => { });
        System.Buffers.ArrayBufferWriter<byte> given = new();
        const int Length = 1000;
        for (int i = 0; i < Length; i++)
        {
            matcher.Append("a"u8, given);
            memory.Drawn('a', "a"u8, given.WrittenCount);
            most = Math.Max(most, memory.Copies);
            session.Advance(['a'], results: 1);
        }

        Assert.Equal(2, most);
        Assert.InRange(copies, 2, (Length / StopMemory.Interval) + 2);
        matcher.Append("b"u8, given);
        memory.Stopped('b', "b"u8, given.WrittenCount);
        for (int i = 0; i < Length - 4; i++)
        {
            expected.Advance(['a'], results: 1);
        }

        Assert.Equal(expected.Tokens, session.Tokens);
        Assert.Equal(expected.Logits().Span.ToArray(), session.Logits().Span.ToArray());
    }

    [Fact]
    public void The_beginning_of_a_token_whose_end_belongs_to_the_stop_string_is_read()
    {
        BytePairTrainer trainer = new(new BytePairTrainerOptions { VocabularySize = 262 });
        trainer.Add(Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("good day. ", 50))));
        BytePairVocabulary vocabulary = trainer.Train();
        int token = Enumerable.Range(0, vocabulary.Count).First(id => vocabulary.BytesOf(id).Length > 2);
        string text = Encoding.UTF8.GetString(vocabulary.BytesOf(token));
        InferenceSession session = NewSession(vocabulary), expected = session.Fork();
        StopMemory memory = new(session, vocabulary, Copies(out _), _ => { });
        memory.Stopped(token, vocabulary.BytesOf(token), text.Length - 1);
        foreach (int id in vocabulary.Encode(text.AsSpan(0, text.Length - 1)))
        {
            expected.Advance([id], results: 1);
        }

        Assert.Equal(expected.Tokens, session.Tokens);
        Assert.True(session.Tokens > 1);
        Assert.Equal(expected.Logits().Span.ToArray(), session.Logits().Span.ToArray());
    }

    [Fact]
    public void A_part_of_a_word_that_the_vocabulary_cannot_write_is_not_read()
    {
        WordVocabulary words = new(["<unk>", "river"], new WordRules { Marks = LineMarks.None });
        InferenceSession session = NewSession(words);
        StopMemory memory = new(session, words, Copies(out _), _ => { });
        memory.Stopped(1, "river"u8, 3);
        Assert.Equal(1, session.Tokens);
    }

    private static Func<InferenceSession, InferenceSession> Copies(out List<InferenceSession> copies)
    {
        List<InferenceSession> made = copies = [];
        return original =>
        {
            made.Add(original.Fork());
            return made[^1];
        };
    }

    /// <summary>Draws the bytes of a text up to the stop string, as a continuation does.</summary>
    private void Write(InferenceSession session, Func<InferenceSession, InferenceSession> copy, string text, string stop, out StopMemory memory)
    {
        StopMatcher matcher = new([stop]);
        memory = new StopMemory(session, _bytes, copy, _ => { });
        System.Buffers.ArrayBufferWriter<byte> given = new();
        foreach (byte value in Encoding.UTF8.GetBytes(text))
        {
            matcher.Append([value], given);
            if (matcher.Found is not null)
            {
                memory.Stopped(value, [value], given.WrittenCount);
                return;
            }

            memory.Drawn(value, [value], given.WrittenCount);
            session.Advance([value], results: 1);
        }
    }

    private InferenceSession NewSession(Vocabulary vocabulary)
    {
        TransformerXLModel model = SmallModels.Create(new TransformerXLConfiguration { VocabularySize = vocabulary.Count, Layers = 2, ModelSize = 16, Heads = 2 });
        InferenceSession session = InferenceSession.Create(model, _backend, new InferenceOptions { MemoryLength = 12, MaxSegment = 8 });
        session.Advance([0], results: 1);
        return session;
    }
}
