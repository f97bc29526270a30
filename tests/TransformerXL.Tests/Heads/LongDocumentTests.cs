using TransformerXL.Heads;
using TransformerXL.Inference;
using TransformerXL.Models;
using TransformerXL.Tensors.Cpu;
using TransformerXL.Tests.Inference;
using TransformerXL.Text;
using Xunit;

namespace TransformerXL.Tests.Heads;

/// <summary>A text whose logits do not fit into an array is refused before anything is computed.</summary>
public sealed class LongDocumentTests : IDisposable
{
    private readonly CpuBackend _backend = new(null, 1);

    public void Dispose() => _backend.Dispose();

    [Fact]
    public void A_labeller_names_the_tokens_of_the_text_and_the_most_that_it_reads()
    {
        HeadConfiguration head = new() { Kind = HeadKind.Tags, Labels = [.. Enumerable.Range(0, 60_000).Select(i => $"label {i}")] };
        Labeller labeller = new(Runner(head), new TaskTexts(new ByteVocabulary()));
        string message = Assert.Throws<InputException>(() => labeller.Label(new string('x', 40_000))).Message;
        Assert.Matches("^a text has 4000[0-9] tokens, but a head with 60000 outputs for each token reads at most 35791; divide the text$", message);
    }

    [Fact]
    public void A_batch_names_its_longest_text()
    {
        int[] document = new int[600_000];
        string message = Assert.Throws<InputException>(() => TaskRunner.Columns([.. Enumerable.Repeat(document, 4_000)])).Message;
        Assert.Equal("a text has 600000 tokens, but 4000 texts side by side may have at most 536870 each; divide the text or read fewer together", message);
    }

    private TaskRunner Runner(HeadConfiguration head) =>
        new(SmallModels.Plain, new TaskHead(head, SmallModels.Plain.Configuration.HiddenWidth), _backend, new ContextConfiguration { TargetLength = 8, MemoryLength = 8 });
}
