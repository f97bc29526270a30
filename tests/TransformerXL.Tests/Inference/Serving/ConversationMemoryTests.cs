using System.Text;
using TransformerXL.Inference.Serving;
using Xunit;

namespace TransformerXL.Tests.Inference.Serving;

/// <summary>A conversation reads for ever in constant memory. Runs when nothing else does, because the bytes of the whole process are counted.</summary>
[Collection(nameof(SteadyStateTests))]
public sealed class ConversationMemoryTests
{
    private const string Owner = "owner";

    [Fact]
    public async Task A_long_text_is_read_in_constant_memory()
    {
        await using ServedModel served = new();
        await using Conversations conversations = new(served.Scheduler, new ConversationOptions());
        string id = (await conversations.OpenAsync(Owner)).Id;
        byte[] text = Encoding.UTF8.GetBytes(ServedModel.Text(20_000, 1));
        await conversations.ReadAsync(Owner, id, new MemoryStream(text));
        long before = GC.GetTotalMemory(forceFullCollection: true), bytes = conversations.Statistics.MemoryBytes;
        await conversations.ReadAsync(Owner, id, new MemoryStream(text));
        Assert.Equal(40_001, (await conversations.GetAsync(Owner, id)).Tokens);
        Assert.Equal(bytes, conversations.Statistics.MemoryBytes);
        // The states of the text would be megabytes.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 1L << 20);
    }
}
