using TransformerXL.Files;
using TransformerXL.Testing;
using Xunit;

namespace TransformerXL.Tests.Formats;

public sealed class ExistingFilesTests
{
    [Fact]
    public void A_page_may_be_replaced_and_nothing_else()
    {
        using TemporaryFolder folder = new();
        ExistingFiles.RequirePage(folder["new.html"]);
        ExistingFiles.RequirePage(folder.Write("page.html", "<!DOCTYPE html>\n<html></html>"));
        string config = folder.Write("config.json", "{}");
        Assert.Equal($"'{config}' exists and is not a page; name another file", Assert.Throws<InputException>(() => ExistingFiles.RequirePage(config)).Message);
        Assert.Contains("is a folder", Assert.Throws<InputException>(() => ExistingFiles.RequirePage(folder.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_folder_with_files_of_others_is_not_filled()
    {
        using TemporaryFolder folder = new();
        ExistingFiles.RequireNothingElse(folder["new"]);
        ExistingFiles.RequireNothingElse(folder.Path);
        folder.Write("download", "archive");
        ExistingFiles.RequireNothingElse(folder.Path, "download");
        string mine = folder.Write("train.txt", "my own text");
        Assert.Contains("holds 'train.txt' already", Assert.Throws<InputException>(() => ExistingFiles.RequireNothingElse(folder.Path, "download")).Message, StringComparison.Ordinal);
        Assert.Contains("is a file", Assert.Throws<InputException>(() => ExistingFiles.RequireNothingElse(mine)).Message, StringComparison.Ordinal);
    }
}
