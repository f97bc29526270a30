using TransformerXL.Interchange;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tests.Interchange;

public sealed class ExportTests
{
    [Theory]
    [InlineData("shaw", "attention of the kind Shaw")]
    [InlineData("vaswani", "attention of the kind Vaswani")]
    [InlineData("al-rfou", "attention of the kind AlRfou")]
    [InlineData("lstm", "long short-term memory")]
    [InlineData("gelu and final norm", "the activation GELU, a final LayerNorm")]
    public void What_hugging_face_has_no_place_for_is_refused_by_name(string name, string reason)
    {
        using TemporaryFolder folder = new();
        string message = Assert.Throws<InputException>(() => SmallRuns.Export(folder, name, ExportFormat.HuggingFace)).Message;
        Assert.Contains(reason, message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["exported"]));
    }

    [Fact]
    public void A_folder_is_replaced_only_when_that_is_wanted_and_then_whole()
    {
        using TemporaryFolder folder = new();
        ModelFolder trained = SmallRuns.Export(folder, "plain", ExportFormat.HuggingFace);
        Assert.Contains("holds files already", Assert.Throws<InputException>(() => ModelExporter.Export(trained, folder["exported"], ExportFormat.Reference)).Message, StringComparison.Ordinal);
        ModelExporter.Export(trained, folder["exported"], ExportFormat.Reference, replace: true);
        Assert.False(File.Exists(Path.Combine(folder["exported"], "model.safetensors")));
        Assert.True(File.Exists(Path.Combine(folder["exported"], "weights.safetensors")));
        Assert.Equal(["exported", "run"], Directory.EnumerateDirectories(folder.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_folder_with_other_files_is_never_replaced()
    {
        using TemporaryFolder folder = new();
        ModelFolder trained = SmallRuns.Export(folder, "plain", ExportFormat.HuggingFace);
        File.WriteAllText(Path.Combine(folder["exported"], "notes.txt"), "mine");
        Assert.Contains("'notes.txt'", Assert.Throws<InputException>(() => ModelExporter.Export(trained, folder["exported"], ExportFormat.HuggingFace, replace: true)).Message, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(folder["exported"], "notes.txt")));
    }
}
